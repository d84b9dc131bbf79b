/**
 * @module
 * The order in which jobs are claimed, and when one can be. Pure.
 */
import type { Job } from "../../domain/job.ts";

/** A place in the order of claiming. */
export interface Place {
  /** Lowest first. */
  priority: number;
  /** Then the oldest first. */
  seq: number;
}

/** Below 0 when `a` comes before `b`. */
export function comparePlaces(a: Place, b: Place): number {
  return a.priority - b.priority || a.seq - b.seq;
}

/** The states in which a job waits that was not claimed yet. */
export type FirstState = "pending" | "scheduled";

/** The state of a job that is to wait until `runAt`; null is no longer than it must. */
export function waitingState(runAt: number | null, now: number): FirstState {
  return runAt !== null && runAt > now ? "scheduled" : "pending";
}

/** Since when a job could have been claimed; its wait is counted from there. In ms since the epoch. */
export function readyAt({ createdAt, runAt }: Pick<Job, "createdAt" | "runAt">): number {
  return Math.max(createdAt, runAt ?? 0);
}
