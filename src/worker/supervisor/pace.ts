/**
 * @module
 * How long a worker's jobs take, and so how many to give it ahead of time. Pure.
 *
 * Between two jobs a worker would wait for a transaction and its flush to disk, longer than a short job runs. So
 * workers whose jobs are short get enough for the next moments. Long jobs are never given ahead: one that waits
 * behind another could run elsewhere, and a more urgent one may come.
 */

/** How much work, in time, a worker may have ahead, unless the store is far away. */
export const AHEAD_MS = 50;
/** And how many jobs in as much time, whatever they take. */
const MOST_AHEAD = 64;
/** A worker's jobs are brief when starting them is felt beside running them. */
const BRIEF_MS = 1000;
/** Weight of the latest run in the average. */
const WEIGHT = 0.2;

/** Follows how long a worker's jobs take. */
export class Pace {
  #averageMs = Infinity;
  #stalled = false;

  add(runMs: number): void {
    const ms = Math.max(0, runMs);
    this.#averageMs = this.#averageMs === Infinity ? ms : this.#averageMs * (1 - WEIGHT) + ms * WEIGHT;
    this.#stalled = false;
  }

  /** What runs now turned out to be long, though it has not ended: nothing more ahead until something has. */
  stall(): void {
    this.#stalled = true;
  }

  /** Whether its jobs so far took moments. */
  get brief(): boolean {
    return this.#averageMs <= BRIEF_MS;
  }

  /** How many jobs to give ahead to a worker with this many slots, which should have so much work ahead. */
  ahead(slots: number, aheadMs: number = AHEAD_MS): number {
    if (this.#stalled) return 0;
    const most = Math.floor(MOST_AHEAD * aheadMs / AHEAD_MS);
    return Math.min(most, Math.floor(slots * aheadMs / Math.max(1, this.#averageMs)));
  }
}
