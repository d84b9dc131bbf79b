/**
 * @module
 * What jobs are called, and the order in which they are claimed. An id is a *name*, which a user or chance chose, or else
 * `j<seq>`; no name looks like that. Pure.
 */
import { FIELDS, OWN_COLUMNS } from "../../domain/fields.ts";
import type { Job } from "../../domain/job.ts";
import { policyOf } from "../../domain/policy.ts";

/** The id of a stored job. */
export function idOf({ seq, name }: { seq: number; name: string | null }): string {
  return name ?? `j${seq}`;
}

/** The number in an id of the form `j<seq>`; undefined for every other id. */
export function seqOf(id: string): number | undefined {
  const seq = /^j([1-9]\d{0,14})$/.exec(id)?.[1];
  return seq === undefined ? undefined : Number(seq);
}

const NOTHING = [
  "id",
  "seq",
  "state",
  "attempts",
  "lastAttempt",
  "createdAt",
  "startedAt",
  "finishedAt",
  "exitCode",
  "signal",
  "error",
  "worker",
  "cancelRequested",
  "stdinSize",
  "checkpointSize",
  "snoozedSince",
  "progress",
  "usage",
  "pausedAt",
  "skippedFor",
  ...OWN_COLUMNS.map((name) => FIELDS[name].key),
].map((key) => [key, null]);

/**
 * All that is known of a job, and null each, but for what one without a policy has; to be copied and filled in. It is
 * read from text, for then the engine gives such objects a shape: those that get so many properties one after the other
 * have none, and copying one takes twenty times as long.
 */
export const BLANK_JOB: Readonly<Record<string, unknown>> = JSON.parse(
  JSON.stringify({ ...Object.fromEntries(NOTHING), ...policyOf(null) }),
);

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
