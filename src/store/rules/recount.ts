/**
 * @module
 * What is counted against what is there: what differs, a sentence each. Pure.
 */
import { addFigures, type Figures, noFigures, OUTCOME_FIGURE } from "../../domain/figures.ts";
import type { Outcome, State } from "../../domain/job.ts";
import { endOf } from "../../domain/ends.ts";
import {
  type Decision,
  type SkipReason,
  standingOf,
  type Tally,
  tallyOf,
  type Wanting,
} from "../../domain/needs.ts";
import { decideAnew, type Dependent, isLive } from "./dependents.ts";

/** How many jobs a queue has in a state, and how many of them are held. */
export interface JobCount {
  queue: string;
  state: State;
  n: number | string;
  held: number | string;
}

/** Jobs as they were counted against jobs as they are; both without those of which there are none. */
export function compareCounts(counted: readonly JobCount[], there: readonly JobCount[]): string[] {
  const before = byName(counted);
  const now = byName(there);
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((name) => before.get(name) !== now.get(name))
    .map((name) => `The ${name} are ${now.get(name) ?? "0"}, but ${before.get(name) ?? "0"} were counted`);
}

function byName(counts: readonly JobCount[]): Map<string, string> {
  return new Map(
    counts.map(({ queue, state, n, held }) => [`${state} jobs of queue "${queue}"`, `${n} (${held} held)`]),
  );
}

/** The figures for all time. */
export interface TotalFigures {
  /** Of all queues together. */
  overall: Figures;
  /** Of each queue that is known. */
  queues: readonly { queue: string; figures: Figures }[];
}

/** What there is of that which figures count. */
export interface Countable {
  jobs: number;
  /** Attempts that have ended, by how they did. */
  ended: readonly { outcome: Outcome; n: number }[];
}

/** The figures that are plain counts. */
type CountKey = Exclude<keyof Figures, "waitMs" | "runMs">;

/**
 * Jobs and queues that were removed are still counted, so figures may be more than what is there, never less; and each
 * histogram must hold as many values as there were events.
 */
export function compareFigures({ overall, queues }: TotalFigures, there: Countable): string[] {
  const findings = compareHistograms("What there is of all queues", overall);
  const ofQueues = noFigures();
  for (const { queue, figures } of queues) {
    addFigures(ofQueues, figures);
    findings.push(...compareHistograms(`Queue "${queue}"`, figures));
  }
  const counts = Object.keys(overall).filter((key) => key !== "waitMs" && key !== "runMs") as CountKey[];
  for (const key of counts) {
    if (overall[key] >= ofQueues[key]) continue;
    findings.push(
      `The queues' figures count ${ofQueues[key]} ${key}, but those of all queues ${overall[key]}`,
    );
  }
  const atLeast = (key: CountKey, n: number) => {
    if (overall[key] < n) findings.push(`There are ${n} ${key}, but the figures count ${overall[key]}`);
  };
  atLeast("enqueued", there.jobs);
  atLeast("started", there.ended.reduce((sum, { n }) => sum + n, 0));
  for (const { outcome, n } of there.ended) {
    const key = OUTCOME_FIGURE[outcome];
    if (key) atLeast(key, n);
  }
  return findings;
}

function compareHistograms(what: string, of: Figures): string[] {
  const findings: string[] = [];
  const compare = (name: string, values: number, events: number) => {
    if (values === events) return;
    findings.push(`${what} has ${values} ${name} times in its figures for ${events} attempts`);
  };
  compare("wait", of.waitMs.count, of.started);
  compare("run", of.runMs.count, of.completed + of.failed + of.timedOut + of.cancelled);
  return findings;
}

/** A job with all that it needs. */
export interface NeedsOfJob {
  id: string;
  job: Dependent;
  needs: {
    wanting: Wanting;
    decided: Decision | null;
    /** The job that is needed; undefined when it is gone. */
    other: { state: State; skippedFor: SkipReason | null } | undefined;
  }[];
}

/** Jobs that are not where their needs have them, or of which these were counted wrong. */
export function compareNeeds(jobs: readonly NeedsOfJob[]): string[] {
  return jobs.flatMap(({ id, job, needs }) => {
    const findings: string[] = [];
    const live = isLive(job);
    for (const { wanting, decided, other } of live ? needs : []) {
      const expected = decideAnew({
        wanting,
        decided,
        end: other && endOf(other),
        gone: other === undefined,
      });
      if (expected !== decided) {
        findings.push(`A need of job "${id}" is ${decided ?? "open"}, but should be ${expected ?? "open"}`);
      }
    }
    const there = tallyOf(needs.map(({ decided }) => decided), job.tally.any);
    if (Object.entries(there).some(([key, n]) => job.tally[key as keyof Tally] !== n)) {
      findings.push(`The needs of job "${id}" were counted wrong`);
    }
    if (!live || job.state === "cancelled") return findings;
    const standing = standingOf(job.tally);
    const [expected, state] = standing === "free"
      ? ["free", job.state === "pending" || job.state === "scheduled" ? "free" : job.state]
      : [standing, job.state === "skipped" ? job.skippedFor ?? "skipped" : job.state];
    if (expected !== state) findings.push(`Job "${id}" is ${state}, but its needs say ${expected}`);
    return findings;
  });
}
