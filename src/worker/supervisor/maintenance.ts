/**
 * @module
 * What supervisors do for the store besides their jobs: old jobs are removed, and what a process that died
 * had begun is brought to its end. Invariant: it goes in short steps, and after each one timers and others who write
 * get their turn. Knows no jobs that run.
 */
import type { Settings } from "../../domain/settings.ts";
import type { Upkeep } from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";

/** What it takes to maintain a store. */
export interface MaintenanceOptions {
  store: Pick<Upkeep, "prune" | "recover">;
  clock: Clock;
  /** How long ended jobs are kept where their queue does not say; 0 is for ever. It may change. */
  settings(): Pick<Settings, "retentionMs" | "retentionDeadMs">;
}

/** Between two rounds. */
const INTERVAL_MS = 60_000;
/** Between two steps: most of the time belongs to others. */
const PAUSE_MS = 25;
/** Jobs removed in one step, at most: as many as take moments are up to the store, which knows what is work and what is the disk. */
const STEP = 1000;
/** So often a round goes on where nothing was to be removed; the next round goes on from there. */
const IDLE_STEPS = 20;

export class Maintenance {
  readonly #options: MaintenanceOptions;
  /** Where pruning came to; null is to begin with the oldest jobs. */
  #after: string | null = null;

  /** Nothing is done before it is called. */
  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  /** How long to wait between two rounds, in ms. */
  get intervalMs(): number {
    return INTERVAL_MS;
  }

  /** Does all there is to do, or as much as can be done before the signal aborts. */
  async round(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    const pause = () => clock.sleep(PAUSE_MS, signal);
    while (!signal.aborted && await store.recover()) await pause();
    for (let idle = 0; !signal.aborted && idle < IDLE_STEPS;) {
      const pruned = await this.#prune();
      if (this.#after === null) return;
      if (pruned === 0) idle += 1;
      await pause();
    }
  }

  /** Removes some old jobs, and returns how many. */
  async #prune(): Promise<number> {
    const { store, clock, settings } = this.#options;
    const { retentionMs, retentionDeadMs } = settings();
    const kept = { endedMs: retentionMs || null, deadMs: retentionDeadMs || null, ofQueues: true };
    const step = { now: clock.now(), limit: STEP, ...this.#after !== null && { after: this.#after } };
    const { pruned, after } = await store.prune(kept, step);
    this.#after = after;
    return pruned;
  }
}
