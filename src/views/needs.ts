/**
 * @module
 * What jobs need, in words for people and as JSON.
 */
import type { Job } from "../domain/job.ts";
import type { Decision, SkipReason, Wanting } from "../domain/needs.ts";
import type { GroupEnd, JobNeed, JobNeeds, Store } from "../store/contract.ts";

/** So many of a job's needs are named; how many more there are, is said. */
const MOST_NAMED = 3;
/** So many stand in its JSON. */
const MOST_SHOWN = 100;

/** What a job needs as JSON. */
export interface NeedsJson {
  /** One that is met is enough. */
  any: boolean;
  /** How many there are. */
  count: number;
  /** How many of them are not decided yet. */
  open: number;
  /** The first of them: those that keep it from running come first. */
  jobs: {
    id: string;
    wanting: Wanting;
    decided: Decision | null;
    state: Job["state"] | null;
    exit_code: number | null;
  }[];
  /** Those of them that are groups: open, or how they ended; null when they are gone. */
  groups: {
    name: string;
    wanting: Wanting;
    decided: Decision | null;
    state: GroupEnd | null;
  }[];
}

/** What a job needs, for JSON and for sentences; null where that is nothing. */
export async function needsOf(store: Store, id: string): Promise<JobNeeds | null> {
  return (await store.needs([id], MOST_SHOWN))[0]!;
}

/** As JSON. */
export function needsJson(needs: JobNeeds | null): NeedsJson | null {
  return needs && {
    any: needs.any,
    count: needs.of,
    open: needs.open,
    jobs: needs.needs.filter(({ group }) => group === undefined).map(({ id, wanting, decided, job }) => ({
      id,
      wanting,
      decided,
      state: job?.state ?? null,
      exit_code: job?.exitCode ?? null,
    })),
    groups: needs.needs.flatMap(({ id: name, wanting, decided, group }) =>
      group === undefined ? [] : [{ name, wanting, decided, state: group }]
    ),
  };
}

/** What a blocked job waits for, a sentence each. */
export function whatItWaitsFor({ any, needs, open }: JobNeeds): string[] {
  const named = needs.filter(({ decided }) => decided === null).slice(0, MOST_NAMED);
  const more = open - named.length;
  const sentences = named.map(({ id, group, wanting, job }) =>
    group === undefined
      ? `it waits until ${id} ${HAS[wanting]} (${id} is ${job?.state ?? "gone"})`
      : `it waits until group ${id} ${HAS_GROUP[wanting]}`
  );
  if (more > 0) sentences.push(`it waits for ${more} more`);
  return any && open > 1 ? [...sentences, "one of them is enough"] : sentences;
}

const HAS: Readonly<Record<Wanting, string>> = {
  completed: "has completed",
  failed: "has failed for good",
  ended: "has ended",
};

const HAS_GROUP: Readonly<Record<Wanting, string>> = {
  completed: "has ended and all its jobs completed",
  failed: "has ended and jobs of it failed",
  ended: "has ended",
};

/** Why a skipped job was not run, a sentence each. */
export function whyNotRun({ needs }: JobNeeds): string[] {
  const bad = needs.filter((need): need is JobNeed & { decided: SkipReason } =>
    need.decided !== null && need.decided !== "met"
  );
  const sentences = bad.slice(0, MOST_NAMED).map(sayBad);
  return bad.length > MOST_NAMED ? [...sentences, `and ${bad.length - MOST_NAMED} more`] : sentences;
}

function sayBad({ id, group, job, decided, wanting }: JobNeed & { decided: SkipReason }): string {
  if (group !== undefined) {
    if (decided === "unneeded") return `no job of group ${id} failed, and this was to run if one did`;
    return `jobs of group ${id} ${decided === "failed" ? "failed" : "were called off"}`;
  }
  if (job?.state === "dead") return `${id} is dead${job.error === null ? "" : ` (${job.error})`}`;
  if (job?.state === "completed" && wanting === "failed") {
    return `${id} completed, and this was to run if it failed`;
  }
  if (job?.state === "skipped") return `${id} was skipped`;
  if (job?.state === "cancelled" || decided === "called_off") {
    return `${id} was ${job ? "cancelled" : "deleted before it had ended"}`;
  }
  return `${id} ${decided === "failed" ? "failed" : "did not fail"}`;
}

/** What a job comes after, in as few words as can be: `after j1 +2`. */
export function afterWhat({ needs, of, open }: JobNeeds): string {
  const first = needs.find(({ decided }) => decided === null) ?? needs[0];
  const left = Math.max(open, 1) - 1;
  return first === undefined || of === 0
    ? ""
    : `after ${first.group === undefined ? "" : "group "}${first.id}${left > 0 ? ` +${left}` : ""}`;
}
