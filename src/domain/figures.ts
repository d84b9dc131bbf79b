/**
 * @module
 * What is counted about attempts in a span of time, and histograms that give percentiles. Pure.
 */
import type { Outcome } from "./job.ts";

/** Counts in a span of time. Histograms hold ms. */
export interface Figures {
  /** Jobs stored in the span, whenever they ran. */
  enqueued: number;
  /** Attempts that began; like everything about an attempt, counted once it is over. */
  started: number;
  /** Attempts that ended with exit code 0. Those that were put back (`released`) are in none of these counts. */
  completed: number;
  /** Attempts that ended with another exit code or by a signal, or could not start. */
  failed: number;
  /** Attempts ended for their timeout, or because they were silent for too long. */
  timedOut: number;
  /** Attempts ended because a person called off the job. */
  cancelled: number;
  /** Attempts whose worker was gone before their end. */
  lost: number;
  /** Attempts that put themselves off. */
  snoozed: number;
  /** Jobs that were put back for another attempt after a failed one. */
  retried: number;
  /** Jobs that used up their retries. */
  dead: number;
  /** CPU time of attempts, in ms, as far as it is known. */
  cpuMs: number;
  /** From when a job could have run to its start. */
  waitMs: Histogram;
  /** From start to end; without lost attempts, whose end nobody knows, and those that put themselves off. */
  runMs: Histogram;
}

/** The figures that are plain counts. */
export const COUNTED = [
  "enqueued",
  "started",
  "completed",
  "failed",
  "timedOut",
  "cancelled",
  "lost",
  "retried",
  "dead",
  "snoozed",
  "cpuMs",
] as const satisfies readonly (keyof Figures)[];

/** The others, which are spread. */
const SPREAD = ["waitMs", "runMs"] as const satisfies readonly (keyof Figures)[];

/** How often values fell into each bucket, with their number and sum. */
export interface Histogram {
  /** How many values. */
  count: number;
  /** Of all values, exactly: the mean is no estimate. */
  sum: number;
  /** How many values by number of the bucket (see `addValue`); empty ones are left out. */
  buckets: Record<number, number>;
}

/** The field of `Figures` that counts an outcome, or undefined for one that is not counted. */
export const OUTCOME_FIGURE = {
  completed: "completed",
  failed: "failed",
  timed_out: "timedOut",
  idle: "timedOut",
  cancelled: "cancelled",
  lost: "lost",
  snoozed: "snoozed",
  released: undefined,
} as const satisfies Record<Outcome, keyof Figures | undefined>;

/** Figures with nothing counted. */
export function noFigures(): Figures {
  return {
    enqueued: 0,
    started: 0,
    completed: 0,
    failed: 0,
    timedOut: 0,
    cancelled: 0,
    lost: 0,
    retried: 0,
    dead: 0,
    snoozed: 0,
    cpuMs: 0,
    waitMs: emptyHistogram(),
    runMs: emptyHistogram(),
  };
}

/** A histogram without values. */
export function emptyHistogram(): Histogram {
  return { count: 0, sum: 0, buckets: {} };
}

/** Adds one set of figures to another, in place. */
export function addFigures(to: Figures, from: Figures): void {
  for (const key of COUNTED) to[key] += from[key];
  for (const key of SPREAD) addHistogram(to[key], from[key]);
}

/** Takes figures out of a sum of which they are a part, in place. */
export function subtractFigures(from: Figures, part: Figures): void {
  for (const key of COUNTED) from[key] -= part[key];
  for (const key of SPREAD) {
    from[key].count -= part[key].count;
    from[key].sum -= part[key].sum;
    for (const [bucket, count] of Object.entries(part[key].buckets)) {
      from[key].buckets[Number(bucket)] = (from[key].buckets[Number(bucket)] ?? 0) - count;
    }
  }
}

/** Adds one histogram to another, in place. */
export function addHistogram(to: Histogram, from: Histogram): void {
  to.count += from.count;
  to.sum += from.sum;
  for (const [bucket, count] of Object.entries(from.buckets)) {
    to.buckets[Number(bucket)] = (to.buckets[Number(bucket)] ?? 0) + count;
  }
}

/** Buckets per doubling: a percentile is right to within half a bucket, 4.4 %. */
export const BUCKETS_PER_OCTAVE = 8;

/** Adds a value in ms, in place. Negative values, from a clock set back, count as 0. */
export function addValue(histogram: Histogram, ms: number): void {
  const value = Math.max(0, ms);
  const bucket = value < 1 ? 0 : 1 + Math.floor(Math.log2(value) * BUCKETS_PER_OCTAVE);
  histogram.count += 1;
  histogram.sum += value;
  histogram.buckets[bucket] = (histogram.buckets[bucket] ?? 0) + 1;
}

/** The mean in ms, or null without values. */
export function mean(histogram: Histogram): number | null {
  return histogram.count === 0 ? null : histogram.sum / histogram.count;
}

/**
 * The value in ms that the fraction `q` of all values does not exceed (nearest rank, at the bucket's geometric
 * middle), or null without values.
 */
export function quantile(histogram: Histogram, q: number): number | null {
  if (histogram.count === 0) return null;
  const rank = Math.max(1, Math.ceil(q * histogram.count));
  let seen = 0;
  const buckets = Object.keys(histogram.buckets).map(Number).sort((a, b) => a - b);
  for (const bucket of buckets) {
    seen += histogram.buckets[bucket]!;
    if (seen >= rank) return bucket === 0 ? 0 : 2 ** ((bucket - 0.5) / BUCKETS_PER_OCTAVE);
  }
  return null;
}
