/**
 * @module
 * What every store decides alike of a job that needs others: what becomes of it when it is told how another ended, or that
 * it runs again. Pure. Invariant: as long as a job is *bound* and has not started, its state is what its needs make of it;
 * from then on they are history.
 */
import { ENDED, type Job, type State } from "../../domain/job.ts";
import {
  type Decision,
  decisionOf,
  type End,
  type SkipReason,
  standingOf,
  type Tally,
  type Wanting,
} from "../../domain/needs.ts";
import { waitingState } from "./jobs.ts";

/** The most edges that are worked off in one transaction, so that nobody waits for long. */
export const MOST_EDGES = 2000;

/** The state of a job that has not started, by what its needs make of it. */
export function stateByNeeds(
  tally: Tally,
  { runAt, now }: { runAt: number | null; now: number },
): { state: State; skippedFor: SkipReason | null } {
  const standing = standingOf(tally);
  if (standing === "free") return { state: waitingState(runAt, now), skippedFor: null };
  return standing === "blocked"
    ? { state: "blocked", skippedFor: null }
    : { state: "skipped", skippedFor: standing };
}

/** A job that needs others, as one has to know it to tell it something. */
export interface Dependent extends Pick<Job, "state" | "startedAt" | "runAt" | "skippedFor"> {
  /** Its needs decide until it starts. */
  bound: boolean;
  /** Another job has its key, or has had it since: then it does not run again by itself. */
  keyLost: boolean;
  tally: Tally;
}

/** States in which a job is where its needs, or a person, have put it. */
const NOT_STARTED: readonly State[] = ["blocked", "pending", "scheduled", "cancelled", "skipped"];

/** States in which jobs run again together with what they need. */
const RUN_AGAIN: readonly State[] = ["completed", "dead", "cancelled"];

/** Whether its needs decide what becomes of a job. */
export function isLive({ bound, state, startedAt }: Dependent): boolean {
  return bound && startedAt === null && NOT_STARTED.includes(state);
}

/** What a job is told. */
export interface News {
  wanting: Wanting;
  /** How the need was decided so far; null is open. */
  decided: Decision | null;
  /** How the other has ended; undefined when it runs, or waits, again. */
  end: End | undefined;
  /** It is to run again together with the other. */
  again: boolean;
  /** In ms since the epoch. */
  now: number;
}

/**
 * Tells a job of another one, and changes it. Returns the need's new decision; `same` when nothing changes; `again` when
 * the job shall run again, and all of its needs are to be looked at anew; `unbound` when it has started.
 */
export function tell(
  job: Dependent,
  { wanting, decided: before, end, again, now }: News,
): { decided: Decision | null } | "same" | "again" | "unbound" {
  if (job.keyLost && ENDED.includes(job.state)) return job.bound ? "unbound" : "same";
  if (again && RUN_AGAIN.includes(job.state)) return "again";
  if (!isLive(job)) return job.bound ? "unbound" : "same";
  const decided = end === undefined ? null : decisionOf(end, wanting);
  if (decided === before) return "same";
  job.tally[before ?? "open"] -= 1;
  job.tally[decided ?? "open"] += 1;
  settleByNeeds(job, now);
  return { decided };
}

/** Puts a job that has not started where its needs have it; one that was called off stays so. */
export function settleByNeeds(job: Dependent, now: number): void {
  if (job.state === "cancelled") return;
  const { state, skippedFor } = stateByNeeds(job.tally, { runAt: job.runAt, now });
  const wasFree = job.state === "pending" || job.state === "scheduled";
  if (wasFree && (state === "pending" || state === "scheduled")) return;
  if (state === "pending") job.runAt = now; // its wait for a worker is counted from here
  Object.assign(job, { state, skippedFor });
}

/** A need as it is stored, and the job that it is on; undefined when that is gone. */
export interface StoredNeed {
  wanting: Wanting;
  decided: Decision | null;
  end: End | undefined;
  gone: boolean;
}

/** Decides a need anew. What is gone without having been decided was called off. */
export function decideAnew({ wanting, decided, end, gone }: StoredNeed): Decision | null {
  if (gone) return decided ?? decisionOf({ state: "cancelled" }, wanting);
  return end === undefined ? null : decisionOf(end, wanting);
}
