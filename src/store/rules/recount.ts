/**
 * @module
 * What is counted against what is there: what differs, a sentence each. Pure.
 */
import { addFigures, type Figures, noFigures, OUTCOME_FIGURE } from "../../domain/figures.ts";
import type { Outcome, State } from "../../domain/job.ts";

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
