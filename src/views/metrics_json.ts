/**
 * @module
 * The figures that `metrics` shows, and the same as JSON, on the command line and over HTTP.
 */
import type { Store } from "../store/contract.ts";
import { PERIODS, rangeOf, summarizePeriod, summarizeTotal, type Summary, type Times } from "./metrics.ts";
import { MOST_COUNTED, MOST_QUEUES } from "./status.ts";

/** What `metrics` knows. */
export interface Metrics {
  /** All time, and the periods that end now. */
  overall: { total: Summary; minute: Summary; hour: Summary; day: Summary };
  /** All time, by queue: those with the most jobs enqueued. */
  queues: (Summary & { queue: string })[];
  /** How many more queues there are. */
  moreQueues: number;
  /** How many groups have not ended, counted to at most `MOST_COUNTED`. */
  openGroups: number;
}

/** Asks the store. `now` in ms since the epoch. */
export async function metricsNow(store: Store, now: number): Promise<Metrics> {
  const totals = await store.figures({ span: "total", most: MOST_QUEUES });
  const { of } = await store.summary(0);
  const lately = async (period: keyof typeof PERIODS) => {
    const range = { ...rangeOf(PERIODS[period], now), queue: null };
    return summarizePeriod(await store.figures(range), PERIODS[period], now);
  };
  return {
    overall: {
      total: summarizeTotal(await store.figures({ span: "total", queue: null })),
      minute: await lately("minute"),
      hour: await lately("hour"),
      day: await lately("day"),
    },
    queues: totals.map((row) => ({ queue: row.queue, ...summarizeTotal([row]) })),
    moreQueues: Math.max(0, of - totals.length),
    openGroups: await store.openGroups(MOST_COUNTED),
  };
}

/** As JSON; durations in seconds. */
export function metricsJson(
  { overall, queues, moreQueues, openGroups }: Metrics,
): Record<string, unknown> {
  return {
    all_time: summaryJson(overall.total),
    last_minute: summaryJson(overall.minute),
    last_hour: summaryJson(overall.hour),
    last_day: summaryJson(overall.day),
    queues: queues.map(({ queue, ...summary }) => ({ queue, ...summaryJson(summary) })),
    more_queues: moreQueues,
    open_groups: openGroups,
  };
}

/** Durations in seconds. */
export function summaryJson(
  { timedOut, cpuMs, perSecond, successRate, waitMs, runMs, ...counts }: Summary,
): Record<string, unknown> {
  return {
    ...counts,
    timed_out: timedOut,
    per_second: perSecond,
    success_rate: successRate,
    cpu_used: cpuMs / 1000,
    wait: inSeconds(waitMs),
    run: inSeconds(runMs),
  };
}

function inSeconds(times: Times): Times {
  const seconds = (ms: number | null) => ms === null ? null : Math.round(ms) / 1000;
  return {
    mean: seconds(times.mean),
    p50: seconds(times.p50),
    p95: seconds(times.p95),
    p99: seconds(times.p99),
  };
}
