/**
 * @module
 * Aging: of two jobs of a queue, the less urgent one comes first where it could be claimed earlier by the queue's time for
 * each step of priority between them. So the order of two jobs never changes while they wait, however long; a job that
 * comes before more urgent ones takes their priority when it is its turn. Pure.
 */

/** As much as must be known of a job that could be claimed. */
export interface Waiting {
  priority: number;
  /** Since when it could be claimed, in ms since the epoch. */
  since: number;
}

/** Of so many priorities the first jobs are looked at. */
export const MOST_PRIORITIES = 32;

/** Whether a job of a lower priority comes before a more urgent one. */
export function comesBefore(one: Waiting, other: Waiting, agingMs: number): boolean {
  return one.since + one.priority * agingMs < other.since + other.priority * agingMs;
}
