/**
 * @module
 * `queuectl worker start`: runs jobs, here or in the background.
 */
import { newId } from "../../worker/ids.ts";
import { here } from "../../worker/process/here.ts";
import { Supervisor } from "../../worker/supervisor.ts";
import { defineCommand, type Target } from "../command.ts";
import type { Context } from "../context.ts";
import { count, text, toggle } from "../flags.ts";
import { LineJournal } from "./line_journal.ts";
import { dropNeedless, requireProgram, requireShell, sayHidden } from "./permissions.ts";
import { readQueues } from "./queues.ts";

/** More threads or slots than this are a mistake on any machine of today. */
const MOST = 1024;

/** The command. */
export const command: Target = defineCommand({
  brief: "Run jobs",
  description:
    "Prints a line for every job that starts and ends. Ctrl-C lets running jobs finish and takes no new " +
    "ones; a second Ctrl-C ends them and puts them back. Signals of the terminal never reach the jobs.",
  examples: [
    ["worker start", "run one job at a time, here"],
    ["worker start --count 4 --detach", "run four at a time, in the background"],
    ["worker start --queue mail,reports", "take jobs from these queues only"],
    ["worker start --burst", "run until nothing is left to run or to retry"],
  ],
  flags: {
    count: count({ min: 1, max: MOST }, "how many workers, each on a thread of its own (default: 1)"),
    slots: count({ min: 1, max: MOST }, "how many jobs each of them runs at a time (default: 1)"),
    queue: text("Q,…", "take jobs from these queues only"),
    detach: toggle("run in the background; see worker list, logs and stop"),
    burst: toggle("stop when nothing is left to run or to retry"),
    log: toggle("write to a log file for each worker, not to stdout (part of --detach)"),
  },
  async run(context, flags) {
    requireShell();
    const queues = readQueues(flags.queue);
    const setting = { count: flags.count ?? 1, slots: flags.slots ?? 1, queues, burst: flags.burst };
    if (flags.detach) {
      const { detach } = await import("./detach.ts");
      return await detach(context, setting);
    }
    requireProgram();
    const { home, clock, json } = context;
    const store = await context.store();
    const host = await here.probeHost();
    dropNeedless(home);
    using journal = new LineJournal({ clock, json, logs: flags.log ? home.logs : null });
    const hidden = sayHidden(host);
    if (hidden) journal.note(`${hidden.found}: ${hidden.advice}`, null);
    using signals = new StopSignals({ context, journal });
    let end: "stopped" | "replaced";
    do {
      const id = newId("supervisor");
      const entry = new URL(Deno.mainModule);
      const supervisor = await Supervisor.start({ ...setting, id, store, home, host, entry, journal, clock });
      for (const worker of supervisor.workers) journal.note("started", worker);
      signals.reach(supervisor);
      end = await supervisor.run();
    } while (end === "replaced");
  },
});

/**
 * The first signal lets running jobs finish; the second ends them and puts them back. One that comes before there is
 * a supervisor is kept for it.
 */
class StopSignals implements Disposable {
  readonly #context: Context;
  readonly #journal: LineJournal;
  #supervisor: Supervisor | undefined;
  #count = 0;
  readonly #onSignal = () => {
    this.#count += 1;
    this.#stop();
  };

  constructor({ context, journal }: { context: Context; journal: LineJournal }) {
    this.#context = context;
    this.#journal = journal;
    for (const signal of here.stopSignals) Deno.addSignalListener(signal, this.#onSignal);
  }

  /** Signals reach this supervisor from now on. */
  reach(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
    if (this.#count > 0) this.#stop();
  }

  #stop(): void {
    const supervisor = this.#supervisor;
    if (!supervisor) return;
    supervisor.stop(this.#count === 1 ? null : this.#context.clock.now());
    if (supervisor.busy === 0) return;
    const jobs = supervisor.busy === 1 ? "the running job" : `${supervisor.busy} running jobs`;
    const text = this.#count === 1
      ? `stopping after ${jobs}; once more to end and put back what runs`
      : `ending ${jobs}`;
    if (this.#count <= 2) this.#journal.note(text, null);
  }

  [Symbol.dispose](): void {
    for (const signal of here.stopSignals) Deno.removeSignalListener(signal, this.#onSignal);
  }
}
