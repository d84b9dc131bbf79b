/**
 * @module
 * The figures that `metrics` shows, and the same as JSON, on the command line and over HTTP.
 */
import { rangeOf, summarizeTotal, summarizeWindow, type Summary, type Times, WINDOWS } from "./metrics.ts";
import type { Store } from "./store/store.ts";

/** What `metrics` knows. */
export interface Metrics {
  /** All time, and the windows that end now. */
  overall: { total: Summary; minute: Summary; hour: Summary; day: Summary };
  /** All time, by queue. */
  queues: (Summary & { queue: string })[];
}

/** Asks the store. `now` in ms since the epoch. */
export async function metricsNow(store: Store, now: number): Promise<Metrics> {
  const totals = await store.figures({ span: "total" });
  const lately = async (window: keyof typeof WINDOWS) =>
    summarizeWindow(await store.figures(rangeOf(WINDOWS[window], now)), WINDOWS[window], now);
  return {
    overall: {
      total: summarizeTotal(totals),
      minute: await lately("minute"),
      hour: await lately("hour"),
      day: await lately("day"),
    },
    queues: totals.map((row) => ({ queue: row.queue, ...summarizeTotal([row]) })),
  };
}

/** As JSON; durations in seconds. */
export function metricsJson({ overall, queues }: Metrics): Record<string, unknown> {
  return {
    all_time: summaryJson(overall.total),
    last_minute: summaryJson(overall.minute),
    last_hour: summaryJson(overall.hour),
    last_day: summaryJson(overall.day),
    queues: queues.map(({ queue, ...summary }) => ({ queue, ...summaryJson(summary) })),
  };
}

/** Durations in seconds. */
export function summaryJson(
  { timedOut, perSecond, successRate, waitMs, runMs, ...counts }: Summary,
): Record<string, unknown> {
  return {
    ...counts,
    timed_out: timedOut,
    per_second: perSecond,
    success_rate: successRate,
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
