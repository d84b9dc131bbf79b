/**
 * @module
 * The routes that look at the whole: counts, figures, and their course over time.
 */
import { addFigures, type Figures, noFigures } from "../../domain/figures.ts";
import type { FigureRow, Store } from "../../store/contract.ts";
import { timeJson } from "../../views/job_json.ts";
import { summarizeTotal } from "../../views/metrics.ts";
import { metricsJson, metricsNow, summaryJson } from "../../views/metrics_json.ts";
import { prometheusText, whatToExpose } from "../../views/prometheus.ts";
import { statusNow } from "../../views/status.ts";
import { freeBytes } from "../free_space.ts";
import { oneOf, someText } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { METRICS, SERIES, STATUS, STORE } from "../schemas.ts";

const tag = "overview";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How far back, in which steps; `span` is what the store keeps. */
const RANGES = {
  hour: { lengthMs: HOUR_MS, stepMs: MINUTE_MS, span: "minute" },
  day: { lengthMs: 24 * HOUR_MS, stepMs: HOUR_MS, span: "hour" },
  week: { lengthMs: 7 * 24 * HOUR_MS, stepMs: HOUR_MS, span: "hour" },
} as const;

/** The routes. */
export const OVERVIEW_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/status",
    summary: "Jobs by queue and state, and what the workers do",
    tag,
    answer: { description: "What there is", schema: STATUS },
    run: ({ store, now }) => statusNow(store, now),
  }),
  defineRoute({
    method: "GET",
    url: "/store",
    summary: "How large the store is, and what it is made with",
    tag,
    answer: {
      description: "The store; sizes in bytes; `free` is the room that is left, where that can be told",
      schema: STORE,
    },
    async run({ store, home }) {
      const { engine, schemaVersion, size, logSize } = await store.info();
      return {
        engine,
        schema_version: schemaVersion,
        size,
        log_size: logSize,
        free: await freeBytes(home.dir),
      };
    },
  }),
  defineRoute({
    method: "GET",
    url: "/metrics",
    summary: "Throughput, success rate, waiting and running times, of all time and lately",
    tag,
    answer: { description: "The figures; durations in seconds", schema: METRICS },
    run: async ({ store, now }) => metricsJson(await metricsNow(store, now)),
  }),
  defineRoute({
    method: "GET",
    url: "/metrics/series",
    summary: "The figures of the last hour by minute, or of the last day or week by hour",
    tag,
    query: {
      range: oneOf(["hour", "day", "week"], "how far back; hour unless given"),
      queue: someText({ max: 64 }, "of this queue only"),
    },
    answer: { description: "A point for every step, the oldest first", schema: SERIES },
    run: ({ store, query: { range = "hour", queue }, now }) => series(store, { range, queue, now }),
  }),
];

async function series(
  store: Store,
  { range, queue, now }: { range: keyof typeof RANGES; queue: string | undefined; now: number },
): Promise<unknown> {
  const { lengthMs, stepMs, span } = RANGES[range];
  const last = Math.floor(now / stepMs) * stepMs;
  const from = last - lengthMs + stepMs;
  const rows = await store.figures({ span, from, to: last + stepMs, queue: queue ?? null });
  const byStart = Map.groupBy(rows, ({ start }) => start);
  const points = Array.from({ length: lengthMs / stepMs }, (_, step) => {
    const at = from + step * stepMs;
    const summary = summarizeTotal([{ queue: "", start: at, figures: sumOf(byStart.get(at) ?? []) }]);
    const ended = summary.completed + summary.failed + summary.timedOut + summary.lost;
    return { at: timeJson(at), ...summaryJson({ ...summary, perSecond: ended / (stepMs / 1000) }) };
  });
  return { step: stepMs / 1000, points };
}

function sumOf(rows: readonly FigureRow[]): Figures {
  const sum = noFigures();
  for (const { figures } of rows) addFigures(sum, figures);
  return sum;
}

/** Everything in the format that Prometheus reads. */
export async function prometheusResponse(store: Store, now: number): Promise<Response> {
  return new Response(prometheusText(await whatToExpose(store, now)), {
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
  });
}
