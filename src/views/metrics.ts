/**
 * @module
 * What `metrics` and the dashboard say about all time and the last minute, hour and day, from the figures that
 * the store keeps. Pure.
 */
import {
  addFigures,
  COUNTED,
  type Figures,
  type Histogram,
  mean,
  noFigures,
  quantile,
} from "../domain/figures.ts";
import type { FigureRange, FigureRow } from "../store/contract.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Figures with what follows from them. Durations in ms. */
export interface Summary extends Omit<Figures, "waitMs" | "runMs"> {
  /** Attempts that ended, per second; null for all time, which has no length. */
  perSecond: number | null;
  /** Attempts that completed, of those that completed, failed, timed out or were lost; null when there are none. */
  successRate: number | null;
  /** From when a job could have run to its start. */
  waitMs: Times;
  /** From start to end. */
  runMs: Times;
}

/** How durations are spread, in ms; null without any. */
export interface Times {
  /** The mean. */
  mean: number | null;
  /** Half of them were no longer. */
  p50: number | null;
  /** 95 of 100 were no longer. */
  p95: number | null;
  /** 99 of 100 were no longer. */
  p99: number | null;
}

/** A stretch of time that ends now, and the steps in which its figures are asked for. */
export interface Period {
  /** How far back it goes. */
  lengthMs: number;
  /** The steps. */
  span: "minute" | "hour";
}

/** The periods that `metrics` shows. */
export const PERIODS = {
  minute: { lengthMs: MINUTE_MS, span: "minute" },
  hour: { lengthMs: HOUR_MS, span: "minute" },
  day: { lengthMs: 24 * HOUR_MS, span: "hour" },
} as const satisfies Record<string, Period>;

/** The figures to ask the store for: whole steps, the one in which the period begins included. */
export function rangeOf(period: Period, now: number): Required<Pick<FigureRange, "span" | "from" | "to">> {
  const stepMs = stepOf(period);
  return {
    span: period.span,
    from: Math.floor((now - period.lengthMs) / stepMs) * stepMs,
    to: now + 1,
  };
}

/**
 * Sums up a period. The step in which it begins lies partly before it: its counts are taken in proportion, so they
 * are estimates, and its durations all.
 */
export function summarizePeriod(rows: readonly FigureRow[], period: Period, now: number): Summary {
  const begin = now - period.lengthMs;
  const stepMs = stepOf(period);
  const sum = noFigures();
  for (const { start, figures } of rows) {
    addFigures(sum, inProportion(figures, Math.min(1, (start + stepMs - begin) / stepMs)));
  }
  for (const count of COUNTED) sum[count] = Math.round(sum[count]);
  return { ...summarize(sum), perSecond: endedAttempts(sum) / (period.lengthMs / 1000) };
}

function inProportion(figures: Figures, share: number): Figures {
  const part = { ...figures };
  for (const count of COUNTED) part[count] *= share;
  return part;
}

/** Sums up figures of all time. */
export function summarizeTotal(rows: readonly FigureRow[]): Summary {
  const sum = noFigures();
  for (const { figures } of rows) addFigures(sum, figures);
  return summarize(sum);
}

function stepOf({ span }: Period): number {
  return span === "minute" ? MINUTE_MS : HOUR_MS;
}

function endedAttempts(figures: Figures): number {
  return figures.completed + figures.failed + figures.timedOut + figures.lost;
}

function summarize(figures: Figures): Summary {
  const attempts = endedAttempts(figures);
  return {
    ...figures,
    perSecond: null,
    successRate: attempts === 0 ? null : figures.completed / attempts,
    waitMs: times(figures.waitMs),
    runMs: times(figures.runMs),
  };
}

function times(histogram: Histogram): Times {
  return {
    mean: mean(histogram),
    p50: quantile(histogram, 0.5),
    p95: quantile(histogram, 0.95),
    p99: quantile(histogram, 0.99),
  };
}
