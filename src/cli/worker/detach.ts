/**
 * @module
 * `queuectl worker start --detach`: the same program once more, in a session of its own, with the permissions it
 * needs and no more.
 */
import { Refused } from "../../errors.ts";
import type { Home } from "../../home.ts";
import { directoryOf } from "../../paths.ts";
import { RUN_VARIABLE } from "../../worker/process/shell.ts";
import type { Context } from "../context.ts";

/** What to start, as the flags of `worker start` say it. */
export interface DetachedWorkers {
  /** How many workers. */
  count: number;
  /** How many jobs each runs at a time. */
  slots: number;
  /** Where they take jobs from; null is all queues. */
  queues: readonly string[] | null;
  /** Stop when nothing is left to run or to retry. */
  burst: boolean;
}

/** $1 is where stdout and stderr go, the rest is the program; `exec` keeps the pid. */
const IN_BACKGROUND = 'log=$1; shift; exec "$@" >>"$log" 2>&1';
const LOOK_MS = 20;

/** Starts workers in the background, prints their ids, and leaves them. @throws {Refused} when they do not start */
export async function detach(context: Context, workers: DetachedWorkers): Promise<void> {
  const { home, clock, print } = context;
  const store = await context.store();
  Deno.mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  const log = `${home.logs}/supervisors.log`;
  Deno.openSync(log, { create: true, append: true, mode: 0o600 }).close();
  const logged = Deno.statSync(log).size;
  const child = new Deno.Command("sh", {
    args: ["-c", IN_BACKGROUND, "sh", log, ...ownProgram(home), ...startWords(home, workers)],
    // Started from within a job, they are no part of it: the end of that job must not end them.
    env: { [RUN_VARIABLE]: "" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  let ended = false;
  child.status.then(() => ended = true);
  let ids: string[] = [];
  while (ids.length < workers.count && !ended) {
    await clock.sleep(LOOK_MS);
    ids = (await store.workers()).filter((worker) => worker.pid === child.pid).map((worker) => worker.id);
  }
  if (ids.length < workers.count && !workers.burst) {
    const said = new TextDecoder().decode(Deno.readFileSync(log).slice(logged)).trim();
    throw new Refused(
      `Cannot start workers in the background: ${said.split("\n").at(-1) || "they ended at once"}`,
    );
  }
  child.unref();
  print.result({ workers: ids, pid: child.pid }, () => ids.map((id) => `Started ${id}`).join("\n"));
}

function startWords(home: Home, { count, slots, queues, burst }: DetachedWorkers): string[] {
  return [
    ...["worker", "start", "--home", home.dir, "--log", "--count", String(count), "--slots", String(slots)],
    ...(queues === null ? [] : ["--queue", queues.join(",")]),
    ...(burst ? ["--burst"] : []),
  ];
}

/** The words that start this program again: the executable, or `deno run` with what a worker needs. */
function ownProgram(home: Home): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  // What is bundled needs no configuration, and must not be hindered by one that lies around.
  const bundled = Deno.mainModule.endsWith(".js") ? ["--no-config", "--no-lock"] : [];
  return [Deno.execPath(), "run", ...bundled, "--no-prompt", ...permissionFlags(home), Deno.mainModule];
}

const VARIABLES = ["QUEUECTL_HOME", "HOME", "NO_COLOR", "QUEUECTL_DEBUG"];

function permissionFlags(home: Home): string[] {
  const source = new URL(Deno.mainModule);
  const readable = source.protocol === "file:" ? [home.dir, directoryOf(source)] : [home.dir];
  const variables = VARIABLES.filter((variable) => granted({ name: "env", variable }));
  return [
    granted({ name: "read" }) ? "--allow-read" : `--allow-read=${listOf(readable)}`,
    granted({ name: "write" }) ? "--allow-write" : `--allow-write=${listOf([home.dir])}`,
    granted({ name: "run" }) ? "--allow-run" : "--allow-run=sh",
    ...(granted({ name: "env" }) ? ["--allow-env"] : variables.map((variable) => `--allow-env=${variable}`)),
  ];
}

function granted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** Paths as a permission flag takes them: a comma within one is doubled. */
function listOf(paths: readonly string[]): string {
  return paths.map((path) => path.replaceAll(",", ",,")).join(",");
}
