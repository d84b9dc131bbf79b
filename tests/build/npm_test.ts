/**
 * @module
 * The npm package: packed, installed into a project that hinders where it can, and used through its launcher.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../src/system/version.ts";
import { finished, succeeds } from "../helpers/finished.ts";
import {
  call,
  type Installed,
  says,
  start,
  startWorkers,
  SYSTEM_PATH,
  worksThroughout,
} from "../helpers/installed.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const ignore = !succeeds("npm", "--version");
const BUILD = fileURLToPath(new URL("../../tools/npm.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../deno.lock", import.meta.url));

/** Builds the package with the permissions of its task. */
function buildPackage(...args: string[]) {
  const flags = [`--lock=${LOCK}`, "--no-prompt", "--allow-read", "--allow-write", "--allow-run"];
  return finished(Deno.execPath(), { args: ["run", ...flags, BUILD, ...args], env: { NO_COLOR: "1" } });
}

async function npm(args: string[], cwd: string): Promise<void> {
  const { code, stderr } = await finished("npm", { args: [...args, "--no-audit", "--no-fund"], cwd });
  assert.equal(code, 0, stderr);
}

let project: TempDir | undefined;
addEventListener("unload", () => project?.[Symbol.dispose]());

/** A project in which the package is installed, without running any scripts, as npm does it for the careful. */
async function projectWithPackage(): Promise<string> {
  if (project) return project.file("project");
  project = tempDir();
  const packed = await buildPackage("--out", project.file("npm"));
  assert.equal(packed.code, 0, packed.stderr);
  await npm(["pack", "--silent", project.file("npm")], project.path);
  const dir = project.file("project");
  Deno.mkdirSync(dir);
  Deno.writeTextFileSync(`${dir}/package.json`, '{"private":true,"type":"commonjs"}');
  await npm(["install", "--ignore-scripts", project.file(`queuectl-${VERSION}.tgz`)], dir);
  Deno.writeTextFileSync(`${dir}/deno.json`, "{ not JSON");
  Deno.writeTextFileSync(`${dir}/deno.lock`, "{}");
  return dir;
}

/** The command as npm links it, called in the project. Node is on PATH, Deno is not. */
async function installedIn(dir: TempDir): Promise<Installed> {
  const cwd = await projectWithPackage();
  const node = (await finished("node", { args: ["-p", "process.execPath"] })).stdout.trim();
  return {
    words: [`${cwd}/node_modules/.bin/queuectl`],
    env: { PATH: `${node.slice(0, node.lastIndexOf("/"))}:${SYSTEM_PATH}`, HOME: dir.path },
    cwd,
  };
}

/** A job that has begun, and ends when the file `go` is there. */
async function beginJob(how: Installed, dir: TempDir): Promise<void> {
  const gate = `echo >'${dir.file("begun")}'; until [ -e '${dir.file("go")}' ]; do sleep 0.1; done; exit 7`;
  await says(how, ["enqueue", "--id", "one", "--max-retries", "0", gate]);
}

function begun(dir: TempDir): Promise<boolean> {
  return until("the job has begun", () => succeeds("test", "-e", dir.file("begun")));
}

Deno.test(
  "the package works throughout, whatever lies around where it is installed",
  { ignore },
  async () => {
    using dir = tempDir();
    const how = await installedIn(dir);
    await worksThroughout(how);
    const quiet = { ...how.env, npm_config_update_notifier: "false" };
    const npx = { ...how, words: ["npx", "--no-install", "queuectl"], env: quiet };
    const version = await says(npx, ["version"]);
    assert.match(version, new RegExp(`^queuectl ${VERSION} \\(Deno `));
  },
);

Deno.test("a signal to the launcher reaches the worker, which lets its job finish", { ignore }, async () => {
  using dir = tempDir();
  const how = await installedIn(dir);
  await beginJob(how, dir);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) {
    await using workers = await startWorkers(how);
    if (signal === "SIGTERM") await begun(dir);
    workers.signal(signal);
    if (signal === "SIGTERM") {
      await until("it says so", () => workers.printed().includes("stopping after the running job"));
      Deno.writeTextFileSync(dir.file("go"), "");
    }
    assert.equal(await workers.ended, 0);
  }
  assert.equal(JSON.parse(await says(how, ["show", "one", "--json"])).exit_code, 7);
});

const noTerminal = !succeeds("script", "-qec", "true", "/dev/null");

Deno.test("Ctrl-C reaches the worker once, and the launcher stays until it is done", {
  ignore: ignore || noTerminal,
}, async () => {
  using dir = tempDir();
  const how = await installedIn(dir);
  await beginJob(how, dir);
  const terminal = { ...how, words: ["script", "-qec", `exec '${how.words[0]}' worker start`, "/dev/null"] };
  const child = start(terminal, [], "piped");
  let printed = "";
  const collected = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) printed += text;
  })();
  await begun(dir);
  const keyboard = child.stdin.getWriter();
  await keyboard.write(new TextEncoder().encode("\x03"));
  await until("it says so", () => printed.includes("stopping after the running job"));
  Deno.writeTextFileSync(dir.file("go"), "");
  const [{ code }] = await Promise.all([child.status, collected, child.stderr.cancel()]);
  await keyboard.close().catch(() => {});
  assert.equal(code, 0);
  assert.doesNotMatch(printed, /ending the running job/);
  assert.equal(JSON.parse(await says(how, ["show", "one", "--json"])).exit_code, 7);
});

Deno.test("the launcher ends as the program ends, also by a signal", { ignore }, async () => {
  using dir = tempDir();
  const how = await installedIn(dir);
  const child = start(how, ["worker", "start"]);
  const pid = await until("it is there", async () => {
    const [worker] = JSON.parse(await says(how, ["worker", "list", "--json"]));
    return worker?.pid as number | undefined;
  });
  assert.notEqual(pid, child.pid);
  Deno.kill(pid, "SIGKILL");
  const { signal } = await child.output();
  assert.equal(signal, "SIGKILL");
});

Deno.test("without its Deno it says so", { ignore }, async () => {
  using dir = tempDir();
  const how = await installedIn(dir);
  const bare = dir.file("bare");
  Deno.mkdirSync(bare);
  for (const { name } of Deno.readDirSync(`${how.cwd}/node_modules/queuectl`)) {
    Deno.copyFileSync(`${how.cwd}/node_modules/queuectl/${name}`, `${bare}/${name}`);
  }
  const { code, stdout, stderr } = await call({ ...how, words: ["node", `${bare}/queuectl.cjs`] }, [
    "version",
  ]);
  assert.deepEqual([code, stdout, stderr.split("\n").length], [1, "", 2], stderr);
  assert.match(stderr, /^Cannot find the Deno that comes with the npm package "deno": /);
});

Deno.test("in a directory that is gone it says so, not its Deno", { ignore }, async () => {
  using dir = tempDir();
  const how = await installedIn(dir);
  Deno.mkdirSync(dir.file("gone"));
  const words = ["sh", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "sh", dir.file("gone")];
  const { code, stdout, stderr } = await call({ ...how, words: [...words, ...how.words] }, ["version"]);
  assert.deepEqual([code, stdout, stderr], [1, "", "Cannot run here: the current directory is gone\n"]);
});

Deno.test("building the package is as strict as building the executable", async () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.file("file"), "");
  const usage = { code: 2, stdout: "", stderr: "Usage: deno task build:npm [--out DIR]\n" };
  for (const words of [["--frobnicate"], ["--out"], ["here"]]) {
    assert.deepEqual(await buildPackage(...words), usage);
  }
  assert.deepEqual(await buildPackage("--out", dir.file("file")), {
    code: 1,
    stdout: "",
    stderr: `Cannot write "${dir.file("file")}": there is a file of that name\n`,
  });
});
