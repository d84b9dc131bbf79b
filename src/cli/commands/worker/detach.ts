/**
 * @module
 * `queuectl worker start --detach`: the same program once more, in a session of its own, with the permissions it
 * needs and no more.
 */
import { Refused } from "../../../domain/errors.ts";
import { nameFor } from "../../../store/choice.ts";
import { thisPlatform } from "../../../worker/process/this_platform.ts";
import type { Context } from "../../line/context.ts";
import { ownProgram } from "../own_program.ts";
import type { Served } from "./permissions.ts";

/** What to start, as the flags of `worker start` say it. */
export interface DetachedWorkers {
  count: number;
  /** How many jobs each runs at a time. */
  slots: number;
  /** Where they take jobs from; null is all queues. */
  queues: readonly string[] | null;
  /** As in `SupervisorOptions`. */
  has: ReadonlyMap<string, number>;
  /** As in `SupervisorOptions`. */
  burst: boolean | "leave-scheduled";
  /** Signals make them leave what they run to others. */
  leave: boolean;
}

const LOOK_MS = 20;

/** Starts workers in the background, prints their ids, and leaves them. @throws {Refused} when they do not start */
export async function detach(context: Context, workers: DetachedWorkers): Promise<void> {
  const { home, clock, print } = context;
  if (!await thisPlatform.knowsOwnPath()) {
    throw new Refused(
      "Cannot start workers in the background: without /proc the program cannot find itself; leave out --detach",
    );
  }
  const store = await context.store();
  Deno.mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  const log = `${home.logs}/supervisors.log`;
  Deno.openSync(log, { create: true, append: true, mode: 0o600 }).close();
  const logged = Deno.statSync(log).size;
  const variables = await thisPlatform.withheldNames();
  const program = [...await ownProgram(context, variables), ...startWords(context, workers)];
  const background = await thisPlatform.startInBackground(program, log);
  let ids: string[] = [];
  let pid: number | undefined;
  while (ids.length < workers.count && !background.ended) {
    await clock.sleep(LOOK_MS);
    const pids = await background.pids();
    const started = (await store.workers()).filter((worker) => pids.includes(worker.pid));
    ids = started.map((worker) => worker.id);
    pid = started[0]?.pid;
  }
  if (ids.length < workers.count && !workers.burst) {
    const said = new TextDecoder().decode(Deno.readFileSync(log).slice(logged));
    throw new Refused(`Cannot start workers in the background: ${reasonIn(said) ?? "they ended at once"}`);
  }
  background.leave();
  print.result({ workers: ids, pid }, () => ids.map((id) => `Started ${id}`).join("\n"));
}

/** What a program said last; of the runtime's own errors, which go on for lines, the first. */
function reasonIn(printed: string): string | undefined {
  // deno-lint-ignore no-control-regex -- colours begin with one
  const lines = printed.replaceAll(/\x1b\[[\d;]*m/g, "").split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => line.startsWith("error: "))?.slice("error: ".length) ?? lines.at(-1);
}

function startWords(
  { home, meant }: Served,
  { count, slots, queues, has, burst, leave }: DetachedWorkers,
): string[] {
  const store = nameFor(home, meant);
  return [
    ...[
      "worker",
      "start",
      "--home",
      home.dir,
      "--log",
      "--quiet",
      "--count",
      String(count),
      "--slots",
      String(slots),
    ],
    ...(store === undefined ? [] : ["--store", store]),
    ...(queues === null ? [] : ["--queue", queues.join(",")]),
    ...[...has].flatMap(([name, units]) => ["--has", `${name}=${units}`]),
    ...(burst ? ["--burst"] : []),
    ...(burst === "leave-scheduled" ? ["--no-wait-scheduled"] : []),
    ...(leave ? ["--leave"] : []),
  ];
}
