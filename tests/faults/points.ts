/**
 * @module
 * The points at which a worker is made to die, in the order in which a job meets them.
 */

/** A point, and what has just happened there. */
export const POINTS = {
  "claimed": "a claim is committed, nothing is started",
  "handed": "a job was handed to a thread",
  "spawned": "a job's process was started this moment",
  "ended": "a job has ended, nothing is settled",
  "settling": "the settlement is in the middle of its transaction",
  "settled": "the settlement is committed, the spool is still there",
  "taken-over": "the attempts of one that died before are taken over, none is watched",
  "barred": "one that had not begun is kept from it, and the store does not know",
  "adopted": "the store says that they are adopted, no thread has been told",
} as const;

/**
 * The name of a point. At `thread-crash` a thread crashes a moment after it started a job's process, and at
 * `thread-start` every thread does as it starts; the worker lives on. One that is `deaf` takes its lease for renewed
 * whenever it should renew it.
 */
export type PointName = keyof typeof POINTS | "thread-crash" | "thread-start" | "deaf";
