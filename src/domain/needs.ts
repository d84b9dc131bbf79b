/**
 * @module
 * Jobs that need others: what a need wants, how it is decided once the other has ended, and what that makes of the job.
 * Pure. Invariant: nothing here depends on who was quick; the same ends give the same decision, whenever it is asked for.
 */
/** What a need wants the other job to be. */
export const WANTINGS = ["completed", "failed", "ended"] as const;

/** What a need wants. */
export type Wanting = typeof WANTINGS[number];

/** Why a need can no longer be met: the other failed; it was called off; or what is for its failure is not needed. */
export const SKIP_REASONS = ["failed", "called_off", "unneeded"] as const;

/** Why a need can no longer be met, and so why a job was skipped. The strongest comes first. */
export type SkipReason = typeof SKIP_REASONS[number];

/** How a need was decided. */
export type Decision = "met" | SkipReason;

/** How a job ended; for a skipped one, why it was. */
export type End = { state: "completed" | "dead" | "cancelled" } | { state: "skipped"; reason: SkipReason };

/** A need of a new job: the id of another, its position among the jobs that are enqueued with it, or a group. */
export interface NewNeed {
  /** Which job, or which group. */
  on: NeedRef | GroupRef;
  /** What it wants of that. */
  wanting: Wanting;
}

/** Names the other job: by its id, or by its position among the jobs that are enqueued together. */
export type NeedRef = string | number;

/** Names a group. */
export interface GroupRef {
  /** Its name. */
  group: string;
}

/** Decides a need by how the other job ended. */
export function decisionOf(end: End, wanting: Wanting): Decision {
  switch (end.state) {
    case "completed":
      return wanting === "failed" ? "unneeded" : "met";
    case "dead":
      return wanting === "completed" ? "failed" : "met";
    case "cancelled":
      return wanting === "ended" ? "met" : "called_off";
    case "skipped":
      if (wanting === "ended" || wanting === "failed" && end.reason === "failed") return "met";
      return end.reason;
  }
}

/** How many needs of a job are not decided, met, or can no longer be met. */
export interface Tally extends Record<"open" | Decision, number> {
  /** One that is met is enough. */
  any: boolean;
}

/** What its needs make of a job: it may start; it waits; or it was skipped, since it can no longer start. */
export type Standing = "free" | "blocked" | SkipReason;

/** What its needs make of a job. Of several reasons the strongest counts, so that it does not matter which came first. */
export function standingOf(tally: Tally): Standing {
  const { any, open, met } = tally;
  const reason = SKIP_REASONS.find((reason) => tally[reason] > 0);
  if (any) return met > 0 ? "free" : open > 0 ? "blocked" : reason ?? "free";
  return reason ?? (open > 0 ? "blocked" : "free");
}

/** The tally of some decisions; null is open. */
export function tallyOf(decisions: Iterable<Decision | null>, any: boolean): Tally {
  const tally: Tally = { any, open: 0, met: 0, failed: 0, called_off: 0, unneeded: 0 };
  for (const decision of decisions) tally[decision ?? "open"] += 1;
  return tally;
}

/** What was said of a job's needs, by what each wants. */
export interface SaidNeeds {
  /** These complete. */
  after?: readonly NeedRef[] | null;
  /** These fail. */
  afterFailed?: readonly NeedRef[] | null;
  /** These end, however. */
  afterEnded?: readonly NeedRef[] | null;
  /** All jobs of these groups complete. */
  afterGroup?: readonly string[] | null;
  /** Jobs of these groups fail. */
  afterGroupFailed?: readonly string[] | null;
  /** These groups end, however. */
  afterGroupEnded?: readonly string[] | null;
  /** One of them is enough. */
  any?: boolean;
}

/** What was said of jobs, and of groups, by what it wants. */
const SAID = [
  ["after", "afterGroup", "completed"],
  ["afterFailed", "afterGroupFailed", "failed"],
  ["afterEnded", "afterGroupEnded", "ended"],
] as const;

/** All that say what a job needs. */
export const NEED_KEYS: readonly Exclude<keyof SaidNeeds, "any">[] = SAID.flatMap(([jobs, groups]) => [
  jobs,
  groups,
]);

/** The needs that were said, in that order. */
export function needsSaid(said: SaidNeeds): NewNeed[] {
  return SAID.flatMap(([jobs, groups, wanting]) => [
    ...(said[jobs] ?? []).map((on) => ({ on, wanting })),
    ...(said[groups] ?? []).map((group) => ({ on: { group }, wanting })),
  ]);
}
