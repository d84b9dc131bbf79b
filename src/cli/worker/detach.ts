/**
 * @module
 * `queuectl worker start --detach`: the same program once more, in a session of its own, with the permissions it
 * needs and no more.
 */
import { Refused } from "../../errors.ts";
import type { Home } from "../../home.ts";
import { RUN_VARIABLE, runShell } from "../../worker/process/shell.ts";
import type { Context } from "../context.ts";
import { ownProgram } from "../own_program.ts";

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
  /** Signals make them leave what they run to others. */
  leave: boolean;
}

/** $1 is where stdout and stderr go, the rest is the program; `exec` keeps the pid. */
const IN_BACKGROUND = 'log=$1; shift; exec "$@" >>"$log" 2>&1';
const LOOK_MS = 20;

/** Starts workers in the background, prints their ids, and leaves them. @throws {Refused} when they do not start */
export async function detach(context: Context, workers: DetachedWorkers): Promise<void> {
  const { home, clock, print } = context;
  await requireProc();
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

/** @throws {Refused} where there is no `/proc` that should be: asked for its own path then, the runtime would crash */
async function requireProc(): Promise<void> {
  if (Deno.build.os !== "linux" || await runShell("[ -e /proc/self/exe ] && echo there", []) !== "") return;
  throw new Refused(
    "Cannot start workers in the background: without /proc the program cannot find itself; leave out --detach",
  );
}

function startWords(home: Home, { count, slots, queues, burst, leave }: DetachedWorkers): string[] {
  return [
    ...["worker", "start", "--home", home.dir, "--log", "--count", String(count), "--slots", String(slots)],
    ...(queues === null ? [] : ["--queue", queues.join(",")]),
    ...(burst ? ["--burst"] : []),
    ...(leave ? ["--leave"] : []),
  ];
}
