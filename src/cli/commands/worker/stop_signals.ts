/**
 * @module
 * Signals that a worker is to stop. Who tells both a process and its group tells the worker twice: `timeout` does, and
 * whatever hands Ctrl-C on that the terminal has handed out already. That is one wish.
 */
import type { Clock } from "../../../system/clock.ts";
import { thisPlatform } from "../../../worker/process/this_platform.ts";
import type { Supervisor } from "../../../worker/supervisor/supervisor.ts";
import type { LineJournal } from "./line_journal.ts";

/** The same signal again within this time is the same wish: nobody has read by then what the first one does. */
const SAME_WISH_MS = 500;

/** Counts wishes to stop. */
export class StopWishes {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #heardMs = new Map<Deno.Signal, number>();
  count = 0;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** Returns whether it is one more. */
  heard(signal: Deno.Signal): boolean {
    const now = this.#clock.monotonicMs();
    const isNew = now - (this.#heardMs.get(signal) ?? -Infinity) >= SAME_WISH_MS;
    this.#heardMs.set(signal, now);
    if (isNew) this.count += 1;
    return isNew;
  }
}

/** What a stop by signal needs to know. */
interface StopSignalsOptions {
  clock: Clock;
  journal: LineJournal;
  leave: boolean;
}

/**
 * The first signal lets running jobs finish, and the second ends them and puts them back; or, with `leave`, each leaves
 * them. One that comes before there is a supervisor is kept for it.
 */
export class StopSignals implements Disposable {
  readonly #options: StopSignalsOptions;
  #supervisor: Supervisor | undefined;
  readonly #wishes: StopWishes;
  readonly #listeners: readonly (readonly [Deno.Signal, () => void])[];

  constructor(options: StopSignalsOptions) {
    this.#options = options;
    this.#wishes = new StopWishes(options.clock);
    this.#listeners = thisPlatform.stopSignals.map((signal) => [signal, () => {
      if (this.#wishes.heard(signal)) this.#stop();
    }]);
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** Signals reach this supervisor from now on. */
  reach(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
    if (this.#wishes.count > 0) this.#stop();
  }

  #stop(): void {
    const supervisor = this.#supervisor;
    if (!supervisor) return;
    const { clock, journal, leave } = this.#options;
    const { count } = this.#wishes;
    if (leave) return supervisor.leave();
    supervisor.stop(count === 1 ? null : clock.now());
    if (supervisor.busy === 0) return;
    const jobs = supervisor.busy === 1 ? "the running job" : `${supervisor.busy} running jobs`;
    const text = count === 1
      ? `stopping after ${jobs}; once more to end and put back what runs`
      : `ending ${jobs}`;
    if (count <= 2) journal.note(text, null);
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }
}
