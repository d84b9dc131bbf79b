/**
 * @module
 * The points at which a worker is made to die, in the order in which a job meets them; and the gaps between what it
 * sees and what it does about that, which can be widened.
 */

/** A point, and what has just happened there. */
export const POINTS = {
  "claimed": "a claim is committed, nothing is started",
  "handed": "a job was handed to a thread",
  "spawned": "a job's process was started this moment",
  "ended": "a job has ended, nothing is settled",
  "settling": "the settlement is in the middle of its transaction",
  "settled": "the settlement is committed, the spool is still there",
  "telling": "those that need one that ended are being told, in the middle of the transaction",
  "told": "some of those that need one that ended were told, others were not",
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

/** A gap, and what comes before it: something seen or done, on which the next step relies. */
export const GAPS = {
  "register": "it is known, and has claimed nothing",
  "supervisors": "the others are known, and not yet judged",
  "tryLock": "one of them is known to live or not",
  "takeOver": "attempts have changed hands, and nobody watches them",
  "running": "what it runs is known, and not yet sorted",
  "adopt": "attempts are given to workers that do not know it",
  "spools": "it is known which spools are needed",
  "orders": "it is known what it shall do, and not yet done",
  "exchange": "jobs are claimed and settled, and nobody was told",
  "unregister": "some of its workers have left, others have not",
  "leave": "it has left the store, and still holds its lock",
  "launch": "a thread is about to start a job",
} as const;

/** The name of a gap. */
export type GapName = keyof typeof GAPS;
