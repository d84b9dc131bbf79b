/**
 * @module
 * `queuectl worker start`: runs jobs, here or in the background.
 */
import { BadInput } from "../../../domain/errors.ts";
import { VARIABLES_OF_QUEUECTL } from "../../../domain/spec.ts";
import { readThings } from "../../../domain/units.ts";
import { newId } from "../../../domain/worker_id.ts";
import { nameFor } from "../../../store/choice.ts";
import { currentDirectory, isSet } from "../../../system/environment.ts";
import { thisPlatform } from "../../../worker/process/this_platform.ts";
import { Supervisor } from "../../../worker/supervisor/supervisor.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import type { Context } from "../../line/context.ts";
import { toggle } from "../../line/flags.ts";
import { WORKER_FLAGS } from "./flags.ts";
import { requireVariable } from "../store/unread.ts";
import { LineJournal } from "./line_journal.ts";
import { dropNeedless, requireProgram, requireShell, sayHidden } from "./permissions.ts";
import { readQueues } from "./queues.ts";
import { StopSignals } from "./stop_signals.ts";
import { threadEntry } from "./thread_entry.ts";

export const command: Target = defineCommand({
  brief: "Run jobs",
  description:
    "Prints a line for every job that starts and ends. Ctrl-C lets running jobs finish and takes no new " +
    "ones; a second Ctrl-C ends them and puts them back. With --leave they run on. Signals of the terminal never reach the jobs.",
  examples: [
    ["worker start", "run one job at a time, here"],
    ["worker start --count 4 --detach", "run four at a time, in the background"],
    ["worker start --queue mail,reports", "take jobs from these queues only"],
    ["worker start --has gpu=2 --has ffmpeg", "and jobs that need a GPU, each with its own, or ffmpeg"],
    ["worker start --burst", "run until nothing is left to run or to retry"],
    ["worker start --burst --no-wait-scheduled", "the same, whatever is scheduled for later"],
    [
      "worker start --leave",
      "stop at once when told by a signal; what runs goes on, and the next worker adopts it",
    ],
  ],
  flags: {
    ...WORKER_FLAGS,
    detach: toggle("run in the background; see worker list, logs and stop"),
    burst: toggle("stop when nothing is left to run or to retry"),
    noWaitScheduled: toggle("with --burst: do not wait for jobs scheduled for later, only for retries"),
    leave: toggle("on Ctrl-C or SIGTERM, stop at once and leave what runs to the next worker"),
    log: toggle("write to a log file for each worker, not to stdout (part of --detach)"),
  },
  async run(context, flags) {
    requireShell();
    await requireVariable(context);
    const queues = readQueues(flags.queue);
    const has = readThings(flags.has ?? [], VARIABLES_OF_QUEUECTL);
    const setting = { count: flags.count ?? 1, slots: flags.slots ?? 1, queues, has, burst: burstOf(flags) };
    if (flags.detach) {
      await hintAt(context, queues);
      const { detach } = await import("./detach.ts");
      return await detach(context, { ...setting, leave: flags.leave });
    }
    requireProgram();
    const { home, clock, json } = context;
    const store = await context.store();
    await hintAt(context, queues);
    const host = await thisPlatform.probeHost();
    // A directory that somebody removes must not take the worker with it.
    const directory = currentDirectory();
    const storeName = nameFor(home, context.meant);
    const gpusAreOpen = !has.has("gpu") || !isSet("CUDA_VISIBLE_DEVICES");
    Deno.mkdirSync(home.dir, { recursive: true, mode: 0o700 }); // a store elsewhere does not make it
    Deno.chdir(home.dir);
    await dropNeedless(context);
    await using journal = new LineJournal({ clock, json, logs: flags.log ? home.logs : null });
    const hidden = sayHidden(host);
    if (hidden) journal.note(`${hidden.found}: ${hidden.advice}`, null);
    using signals = new StopSignals({ clock, journal, leave: flags.leave });
    let end: "stopped" | "replaced";
    do {
      const id = newId("supervisor");
      const supervisor = await Supervisor.start({
        ...setting,
        gpusAreOpen,
        id,
        store,
        home,
        host,
        directory,
        storeName,
        entry: threadEntry(),
        journal,
        clock,
      });
      for (const worker of supervisor.workers) journal.note("started", worker);
      signals.reach(supervisor);
      end = await supervisor.run();
    } while (end === "replaced");
  },
});

/** A queue that is not there may yet come, or be a slip. */
async function hintAt(context: Context, queues: readonly string[] | null): Promise<void> {
  if (queues === null) return;
  const { hintAtUnknownQueues } = await import("../unknown_names.ts");
  await hintAtUnknownQueues(context, queues);
}

function burstOf(
  { burst, noWaitScheduled }: { burst: boolean; noWaitScheduled: boolean },
): boolean | "leave-scheduled" {
  if (!noWaitScheduled) return burst;
  if (burst) return "leave-scheduled";
  throw new BadInput("Cannot use --no-wait-scheduled without --burst: other workers wait for whatever comes");
}
