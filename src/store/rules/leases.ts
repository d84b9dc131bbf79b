/**
 * @module
 * Leases that have ended before their time, and the ring of supervisors. Pure.
 */
import type { WorkerInfo } from "../contract.ts";

/** The lease of a supervisor that has left what it runs to others. */
export const LEFT = 0;
/** The lease of one that is known to be gone, and has not left. */
export const GONE = 1;

/** The supervisors, of those that hold a lease, of which one can be found to be gone. */
export function mayBeGone(workers: readonly WorkerInfo[]): Set<string> {
  return new Set(workers.filter(({ leaseUntil }) => leaseUntil > LEFT).map(({ supervisor }) => supervisor));
}

/**
 * The same workers, with what is known of their processes; the leases of those that are gone have ended.
 *
 * @param present whether a supervisor's process lives, by its id, where that is known
 */
export function withPresence(
  workers: readonly WorkerInfo[],
  present: ReadonlyMap<string, boolean>,
): WorkerInfo[] {
  return workers.map((worker) => {
    const its = present.get(worker.supervisor);
    if (its === undefined) return worker; // the lease decides
    return {
      ...worker,
      leaseUntil: its ? worker.leaseUntil : Math.min(worker.leaseUntil, GONE),
      present: its,
    };
  });
}
