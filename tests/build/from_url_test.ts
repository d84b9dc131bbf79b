/**
 * @module
 * The program from a static file server, as one file and as its source, with the least permissions: fetched once into an
 * empty cache, worker threads included, and from then on without the server.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { build } from "../helpers/executable.ts";
import { finished } from "../helpers/finished.ts";
import { call, type Installed, says, SYSTEM_PATH, worksThroughout } from "../helpers/installed.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

const CHECKOUT = new URL("../../", import.meta.url);

/** As a server has them that does not know what `.ts` is. */
const TYPES: Readonly<Record<string, string>> = {
  ts: "text/plain",
  js: "text/javascript",
  css: "text/css",
  html: "text/html",
  svg: "image/svg+xml",
};

/** A server of plain files; it is down after the scope. */
interface StaticServer extends AsyncDisposable {
  /** The URL of a file. */
  at(name: string): string;
  /** What was asked for. */
  asked: string[];
}

/** Serves one bundle, and the sources. */
function serve(bundle: string): StaticServer {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async ({ url }) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    if (pathname === "/queuectl.js") return file(bundle, "text/javascript");
    const type = TYPES[pathname.split(".").at(-1)!];
    if (type) return await file(new URL(`.${pathname}`, CHECKOUT), `${type}; charset=utf-8`);
    return new Response("Not found", { status: 404 });
  });
  return {
    at: (name) => `http://127.0.0.1:${server.addr.port}/${name}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function file(path: string | URL, type: string): Promise<Response> {
  return new Response(await Deno.readFile(path), { headers: { "content-type": type } });
}

let dist: TempDir | undefined;
addEventListener("unload", () => dist?.[Symbol.dispose]());

/** The path of the bundle, built once. */
async function builtBundle(): Promise<string> {
  if (!dist) {
    dist = tempDir();
    assert.equal((await build(["--bundle-only", "--out", dist.path])).code, 0);
  }
  return dist.file("queuectl.js");
}

/** The flags that it takes, for a home in `dir`. No `--allow-import`: its own host is allowed, threads included. */
function leastFlags({ home }: TempDir): string[] {
  return [
    "--no-prompt",
    `--allow-read=${home.dir}`,
    `--allow-write=${home.dir}`,
    "--allow-run=sh",
    "--allow-env=QUEUECTL_HOME,HOME",
  ];
}

/** `deno run … URL` with a cache of its own, called from an empty directory. */
function runFrom(url: string, dir: TempDir, env: Record<string, string>): Installed {
  Deno.mkdirSync(dir.file("empty"), { recursive: true });
  return {
    words: [Deno.execPath(), "run", ...leastFlags(dir), url],
    env: { NO_COLOR: "1", ...env, DENO_DIR: dir.file("cache"), QUEUECTL_HOME: dir.home.dir },
    cwd: dir.file("empty"),
  };
}

/** Nobody answers there. */
const NO_REGISTRY = { NPM_CONFIG_REGISTRY: "http://127.0.0.1:9" };

for (
  const { name, what, env, files } of [
    // nothing but the one file
    { name: "queuectl.js", what: "the one file", env: { PATH: SYSTEM_PATH, ...NO_REGISTRY }, files: 1 },
    // the command line's library comes from npm, however this machine reaches that
    { name: "main.ts", what: "the source", env: Deno.env.toObject(), files: 100 },
  ]
) {
  Deno.test(`${what} runs from a URL with an empty cache, and then without the server`, async () => {
    using dir = tempDir();
    let how: Installed;
    {
      await using server = serve(await builtBundle());
      how = runFrom(server.at(name), dir, env);
      const first = await call(how, ["enqueue", "--id", "first", "echo first"]);
      assert.deepEqual([first.code, first.stdout], [0, "first\n"], first.stderr);
      const fetched = server.asked.length;
      assert.ok(name === "main.ts" ? fetched >= files : fetched === files, `${fetched} files were fetched`);
    }
    Deno.removeSync(dir.home.dir, { recursive: true });
    await worksThroughout(how);
    const [deno, run, ...rest] = how.words;
    const cachedOnly = { ...how, words: [deno!, run!, "--cached-only", ...rest] };
    assert.equal(await says(cachedOnly, ["logs", "hello"]), "hello\noops\n");
  });
}

Deno.test("deno install makes it a command", async () => {
  using dir = tempDir();
  await using server = serve(await builtBundle());
  const env = {
    NO_COLOR: "1",
    DENO_DIR: dir.file("cache"),
    DENO_INSTALL_ROOT: dir.file("root"),
    HOME: dir.path,
  };
  const args = ["install", "-g", "-n", "queuectl", ...leastFlags(dir), server.at("queuectl.js")];
  const installed = await finished(Deno.execPath(), {
    args,
    env: { PATH: SYSTEM_PATH, ...env },
    clearEnv: true,
  });
  assert.equal(installed.code, 0, installed.stderr);
  Deno.mkdirSync(dir.file("deno"));
  Deno.symlinkSync(Deno.execPath(), dir.file("deno/deno"));
  await worksThroughout({
    words: ["sh", "-c", 'exec queuectl "$@"', "sh"],
    env: {
      PATH: `${dir.file("root/bin")}:${dir.file("deno")}:${SYSTEM_PATH}`,
      DENO_DIR: env.DENO_DIR,
      QUEUECTL_HOME: dir.home.dir,
    },
    cwd: dir.path,
  });
});
