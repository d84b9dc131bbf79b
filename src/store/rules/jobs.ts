/**
 * @module
 * What jobs are called, and the order in which they are claimed. An id is a *name*, which a user or chance chose, or else
 * `j<seq>`; no name looks like that. Pure.
 */
import type { Job } from "../../domain/job.ts";

/** The id of a stored job. */
export function idOf({ seq, name }: { seq: number; name: string | null }): string {
  return name ?? `j${seq}`;
}

/** The number in an id of the form `j<seq>`; undefined for every other id. */
export function seqOf(id: string): number | undefined {
  const seq = /^j([1-9]\d{0,14})$/.exec(id)?.[1];
  return seq === undefined ? undefined : Number(seq);
}

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
export type FirstState = "blocked" | "pending" | "scheduled";

/** The state of a job that is to wait until `runAt`; null is no longer than it must. */
export function waitingState(runAt: number | null, now: number): "pending" | "scheduled" {
  return runAt !== null && runAt > now ? "scheduled" : "pending";
}

/** Since when a job could have been claimed; its wait is counted from there. In ms since the epoch. */
export function readyAt({ createdAt, runAt }: Pick<Job, "createdAt" | "runAt">): number {
  return Math.max(createdAt, runAt ?? 0);
}
