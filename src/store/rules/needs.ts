/**
 * @module
 * What every store decides alike of jobs that need others: what new ones refer to, and what becomes of a job that is told
 * how another ended, or that it runs again. Pure. Invariant: as long as a job is *bound* and has not started, its state is
 * what its needs make of it; from then on they are history.
 */
import { BadNeed, NeedsCycle } from "../../domain/errors.ts";
import type { Job, NewJob, State } from "../../domain/job.ts";
import {
  type Decision,
  decisionOf,
  type End,
  needsSaid,
  type NewNeed,
  type SkipReason,
  standingOf,
  type Tally,
  type Wanting,
} from "../../domain/needs.ts";
import { waitingState } from "./jobs.ts";

/** The most edges that are worked off in one transaction, so that nobody waits for long. */
export const MOST_EDGES = 2000;

/** A need of a new job: of one that is stored, by its id, or of one that is enqueued with it, by its position there. */
export type ResolvedNeed = { wanting: Wanting } & ({ id: string } | { index: number });

/**
 * What new jobs need, each by its position.
 *
 * @throws {BadNeed} when one needs itself, or the same one twice
 * @throws {NeedsCycle} when some need each other
 */
export function resolveNeeds(jobs: readonly NewJob[]): ResolvedNeed[][] {
  const indexes = new Map(jobs.flatMap(({ id }, index) => id === null ? [] : [[id, index]]));
  const all = jobs.map((job, index) => {
    const seen = new Set<string | number>();
    return needsSaid(job).map(({ on, wanting }): ResolvedNeed => {
      const there = typeof on === "number" ? on : indexes.get(on);
      if (there === index) throw new BadNeed("Cannot make a job wait for itself", index);
      const key = there ?? on;
      if (seen.has(key)) throw new BadNeed(`Cannot make a job wait for "${on}" twice`, index);
      seen.add(key);
      return there === undefined ? { id: on as string, wanting } : { index: there, wanting };
    });
  });
  checkOrder(all, jobs);
  return all;
}

/** Takes away, again and again, the jobs that need none of those that are left. What is left at the end needs each other. */
function checkOrder(all: readonly ResolvedNeed[][], jobs: readonly NewJob[]): void {
  const needed = all.map((needs) => needs.flatMap((need) => "index" in need ? [need.index] : []));
  const open = needed.map(({ length }) => length);
  const dependents: number[][] = jobs.map(() => []);
  needed.forEach((indexes, index) => indexes.forEach((on) => dependents[on]!.push(index)));
  const free = open.flatMap((n, index) => n === 0 ? [index] : []);
  for (const index of free) {
    for (const dependent of dependents[index]!) if (--open[dependent]! === 0) free.push(dependent);
  }
  let at = open.findIndex((n) => n > 0);
  if (at < 0) return;
  const way: number[] = [];
  for (; !way.includes(at); at = needed[at]!.find((on) => open[on]! > 0)!) way.push(at);
  const members = way.slice(way.indexOf(at));
  throw new NeedsCycle(members, members.map((index) => jobs[index]!.id ?? `#${index + 1}`));
}

/** What refers to nothing. */
export function noSuchNeed(id: string, index: number): BadNeed {
  return new BadNeed(`Cannot make a job wait for "${id}": no such job`, index);
}

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

/** The needs that a change sets; undefined when it leaves them alone. */
export function changedNeeds(
  { after, afterFailed, afterEnded, any }: Pick<NewJob, "after" | "afterFailed" | "afterEnded" | "any">,
): { needs: NewNeed[]; any: boolean } | undefined {
  if ([after, afterFailed, afterEnded].every((said) => said === undefined)) return undefined;
  return {
    needs: needsSaid({
      ...after && { after },
      ...afterFailed && { afterFailed },
      ...afterEnded && { afterEnded },
    }),
    any: any ?? false,
  };
}
