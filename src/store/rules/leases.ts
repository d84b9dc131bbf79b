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

/** The same workers; the leases of those that are gone have ended. */
export function withoutLease(workers: readonly WorkerInfo[], gone: ReadonlySet<string>): WorkerInfo[] {
  return workers.map((worker) =>
    gone.has(worker.supervisor) ? { ...worker, leaseUntil: Math.min(worker.leaseUntil, GONE) } : worker
  );
}
