/**
 * @module
 * The figures: for all queues together and for every queue one row a minute, one an hour, and one for all time, each
 * changed in the transaction that does what it counts. What becomes of old minutes and hours is in `forgetting.ts`.
 */
import {
  addHistogram,
  COUNTED,
  emptyHistogram,
  type Figures,
  type Histogram,
  noFigures,
  subtractFigures,
} from "../../domain/figures.ts";
import type { FigureRange, FigureRow } from "../contract.ts";
import { type FigureTally, type Span, spansAt, TOTAL } from "../rules/figure_tally.ts";
import type { Database } from "./engine/database.ts";

/** Adds what was counted to the stored figures. To be called at the end of the transaction. */
export function storeFigures(db: Database, tally: FigureTally, now: number): void {
  if (!tally.isEmpty) addAll(db, tally, spansAt(now));
}

/** Adds what was counted to the figures for all time only. */
export function storeTotals(db: Database, tally: FigureTally): void {
  addAll(db, tally, [TOTAL]);
}

/**
 * Stores the figures for all time of those queues that have none stored, as long as all queues together have no more
 * than is stored for all of them: a queue may have only jobs that were moved there. Returns whether there were any.
 */
export function storeMissingTotals(db: Database, tally: FigureTally): boolean {
  const stored = figures(db, { span: "total" });
  const room = figures(db, { span: "total", queue: null })[0]?.figures ?? noFigures();
  for (const one of stored) subtractFigures(room, one.figures);
  const known = new Set(stored.map(({ queue }) => queue));
  const missing = [...tally.queues()].filter(([queue]) => !known.has(queue))
    .sort(([, a], [, b]) => b.started - a.started);
  let any = false;
  for (const [queue, one] of missing) {
    if (COUNTED.some((key) => one[key] > room[key])) continue;
    subtractFigures(room, one);
    add(db, one, { spans: [TOTAL], queue });
    any = true;
  }
  return any;
}

function addAll(db: Database, tally: FigureTally, spans: readonly Span[]): void {
  for (const { queue, figures } of tally.figures()) add(db, figures, { spans, queue });
}

/** To which rows something is added; without a queue, to those of all of them together. */
export interface Rows {
  spans: readonly Span[];
  queue?: string;
}

interface HistogramsRow {
  wait_ms: string | null;
  run_ms: string | null;
}

interface Row extends Omit<Figures, "timedOut" | "cpuMs" | "waitMs" | "runMs">, HistogramsRow {
  queue: string;
  start: number;
  timed_out: number;
  cpu_ms: number;
}

const COUNTS =
  "enqueued, started, completed, failed, timed_out, cancelled, lost, retried, dead, snoozed, cpu_ms";

/** One statement for all rows: with one for each, an exchange of few jobs would take a third longer. */
function addTo(rows: number, queue: boolean): string {
  const columns = [...(queue ? ["queue"] : []), ...COUNTS.split(", "), "span", "start", "wait_ms", "run_ms"];
  const row = `(${columns.map(() => "?").join(", ")})`;
  return `
    INSERT INTO ${queue ? "figures" : "overall_figures"} (${columns.join(", ")})
    VALUES ${new Array(rows).fill(row).join(", ")}
    ON CONFLICT DO UPDATE SET
      ${COUNTS.split(", ").map((count) => `${count} = ${count} + excluded.${count}`).join(", ")},
      wait_ms = ifnull(excluded.wait_ms, wait_ms), run_ms = ifnull(excluded.run_ms, run_ms)`;
}

function histogramsIn(rows: number, queue: boolean): string {
  const one = `SELECT span, wait_ms, run_ms FROM ${queue ? "figures" : "overall_figures"}
    WHERE span = ? AND start = ?${queue ? " AND queue = ?" : ""}`;
  return new Array(rows).fill(one).join(" UNION ALL ");
}

/** By how many rows there are, and whether they are of a queue. */
const STATEMENTS = new Map([1, 3].flatMap((rows) =>
  [true, false].map((queue) => [
    `${rows} ${queue}`,
    { add: addTo(rows, queue), histograms: histogramsIn(rows, queue) },
  ])
));

/** Adds figures to some rows. */
export function putFigures(db: Database, figures: Figures, rows: Rows): void {
  add(db, figures, rows);
}

function add(db: Database, figures: Figures, { spans, queue }: Rows): void {
  const { add, histograms } = STATEMENTS.get(`${spans.length} ${queue !== undefined}`)!;
  const ofQueue = queue === undefined ? [] : [queue];
  const { waitMs, runMs } = figures;
  const stored = waitMs.count + runMs.count === 0 ? [] : db.all<HistogramsRow & { span: string }>(
    histograms,
    ...spans.flatMap(({ span, start }) => [span, start, ...ofQueue]),
  );
  const wait = adding(waitMs), run = adding(runMs);
  const counted = [
    ...ofQueue,
    figures.enqueued,
    figures.started,
    figures.completed,
    figures.failed,
    figures.timedOut,
    figures.cancelled,
    figures.lost,
    figures.retried,
    figures.dead,
    figures.snoozed,
    figures.cpuMs,
  ];
  const rows = spans.flatMap(({ span, start }) => {
    const before = stored.find((row) => row.span === span);
    return [...counted, span, start, wait(before?.wait_ms ?? null), run(before?.run_ms ?? null)];
  });
  db.run(add, ...rows);
}

/** Adds a histogram to stored ones. Where there is none yet, which is often so, all are given the same text. */
function adding(added: Histogram): (stored: string | null) => string | null {
  if (added.count === 0) return (stored) => stored;
  const alone = JSON.stringify(added);
  return (stored) => {
    if (stored === null) return alone;
    const sum = toHistogram(stored);
    addHistogram(sum, added);
    return JSON.stringify(sum);
  };
}

function toHistogram(stored: string | null): Histogram {
  return stored === null ? emptyHistogram() : JSON.parse(stored);
}

/** Sums up what single queues have, where there are no figures of all queues: those came with a later version. */
export function sumUpQueues(db: Database): void {
  if (db.get("SELECT 1 FROM overall_figures LIMIT 1")) return;
  for (const span of ["minute", "hour", "total"] as const) {
    for (const { start, figures: one } of figures(db, { span })) add(db, one, { spans: [{ span, start }] });
  }
}

const RANGE = "span = ? AND start >= ? AND start < ?";
const OF_RANGE = {
  every: `SELECT * FROM figures WHERE ${RANGE} ORDER BY start, queue`,
  one: `SELECT * FROM figures INDEXED BY figures_of WHERE queue = ? AND ${RANGE} ORDER BY start`,
  all: `SELECT '' AS queue, * FROM overall_figures WHERE ${RANGE} ORDER BY start`,
  most: `
    SELECT * FROM figures WHERE (span, start, queue) IN (
      SELECT span, start, queue FROM figures WHERE ${RANGE} ORDER BY enqueued DESC, queue LIMIT ?)
    ORDER BY start, queue`,
};

/** Figures of [from, to), by start and queue. */
export function figures(db: Database, range: FigureRange): FigureRow[] {
  const { span, from = 0, to = Number.MAX_SAFE_INTEGER, queue, most } = range;
  const rows = queue === null
    ? db.all<Row>(OF_RANGE.all, span, from, to)
    : queue !== undefined
    ? db.all<Row>(OF_RANGE.one, queue, span, from, to)
    : most !== undefined
    ? db.all<Row>(OF_RANGE.most, span, from, to, most)
    : db.all<Row>(OF_RANGE.every, span, from, to);
  return rows.map((row) => ({ queue: row.queue, start: row.start, figures: toFigures(row) }));
}

function toFigures(row: Row): Figures {
  return {
    enqueued: row.enqueued,
    started: row.started,
    completed: row.completed,
    failed: row.failed,
    timedOut: row.timed_out,
    cancelled: row.cancelled,
    lost: row.lost,
    retried: row.retried,
    dead: row.dead,
    snoozed: row.snoozed,
    cpuMs: row.cpu_ms,
    waitMs: toHistogram(row.wait_ms),
    runMs: toHistogram(row.run_ms),
  };
}
