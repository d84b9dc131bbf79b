/**
 * @module
 * The figures: for all queues together and for every queue one row a minute, one an hour, and one for all time, each
 * changed in the transaction that does what it counts. What becomes of old minutes and hours is in `forgetting.ts`.
 */
import {
  addFigures,
  addHistogram,
  emptyHistogram,
  type Figures,
  type Histogram,
  noFigures,
} from "../../figures.ts";
import type { FigureRange, FigureRow } from "../store.ts";
import type { Database } from "./database.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What one transaction counts, by queue. */
export class FigureTally {
  readonly #queues = new Map<string, Figures>();

  /** The figures of a queue, to be added to. */
  of(queue: string): Figures {
    let figures = this.#queues.get(queue);
    if (!figures) this.#queues.set(queue, figures = noFigures());
    return figures;
  }

  /** Adds everything to the stored figures. To be called at the end of the transaction. */
  store(db: Database, now: number): void {
    if (this.#queues.size === 0) return;
    const minute = now - now % MINUTE_MS;
    const hour = now - now % HOUR_MS;
    const all = this.#sum();
    add(db, all, { span: "minute", start: minute });
    add(db, all, { span: "hour", start: hour });
    for (const [queue, figures] of this.#queues) {
      add(db, figures, { span: "minute", start: minute, queue });
      add(db, figures, { span: "hour", start: hour, queue });
    }
    this.#storeTotals(db, all);
  }

  /** Adds everything to the figures for all time only. */
  storeTotals(db: Database): void {
    this.#storeTotals(db, this.#sum());
  }

  #storeTotals(db: Database, all: Figures): void {
    add(db, all, { span: "total", start: 0 });
    for (const [queue, figures] of this.#queues) add(db, figures, { span: "total", start: 0, queue });
  }

  #sum(): Figures {
    if (this.#queues.size === 1) return this.#queues.values().next().value!;
    const sum = noFigures();
    for (const figures of this.#queues.values()) addFigures(sum, figures);
    return sum;
  }
}

/** The key of a row; without a queue, of all of them together. */
interface Key {
  span: FigureRange["span"];
  start: number;
  queue?: string;
}

interface HistogramsRow {
  wait_ms: string | null;
  run_ms: string | null;
}

interface Row extends Omit<Figures, "timedOut" | "waitMs" | "runMs">, HistogramsRow {
  queue: string;
  start: number;
  timed_out: number;
}

/** The statements on a table of figures with these columns as its key. */
function statementsOf(table: string, key: readonly string[]) {
  const marks = (count: number) => new Array(count).fill("?").join(", ");
  return {
    histograms: `SELECT wait_ms, run_ms FROM ${table} WHERE ${
      key.map((column) => `${column} = ?`).join(" AND ")
    }`,
    add: `
      INSERT INTO ${table} (${key.join(", ")},
        enqueued, started, completed, failed, timed_out, cancelled, lost, retried, dead, wait_ms, run_ms)
      VALUES (${marks(key.length + 11)})
      ON CONFLICT DO UPDATE SET
        enqueued = enqueued + excluded.enqueued, started = started + excluded.started,
        completed = completed + excluded.completed, failed = failed + excluded.failed,
        timed_out = timed_out + excluded.timed_out, cancelled = cancelled + excluded.cancelled,
        lost = lost + excluded.lost, retried = retried + excluded.retried, dead = dead + excluded.dead,
        wait_ms = ifnull(excluded.wait_ms, wait_ms), run_ms = ifnull(excluded.run_ms, run_ms)`,
  };
}

const OF_QUEUE = statementsOf("figures", ["span", "start", "queue"]);
const OF_ALL = statementsOf("overall_figures", ["span", "start"]);

/** Adds to one row. */
function add(db: Database, figures: Figures, { span, start, queue }: Key): void {
  const { histograms, add } = queue === undefined ? OF_ALL : OF_QUEUE;
  const key = queue === undefined ? [span, start] : [span, start, queue];
  const { waitMs, runMs } = figures;
  const stored = waitMs.count + runMs.count === 0 ? undefined : db.get<HistogramsRow>(histograms, ...key);
  db.run(
    add,
    ...key,
    figures.enqueued,
    figures.started,
    figures.completed,
    figures.failed,
    figures.timedOut,
    figures.cancelled,
    figures.lost,
    figures.retried,
    figures.dead,
    plus(stored?.wait_ms ?? null, waitMs),
    plus(stored?.run_ms ?? null, runMs),
  );
}

/** A stored histogram with another added to it. */
function plus(stored: string | null, added: Histogram): string | null {
  if (added.count === 0) return stored;
  const sum = toHistogram(stored);
  addHistogram(sum, added);
  return JSON.stringify(sum);
}

function toHistogram(stored: string | null): Histogram {
  return stored === null ? emptyHistogram() : JSON.parse(stored);
}

/** Sums up what single queues have, where there are no figures of all queues: those came with a later version. */
export function sumUpQueues(db: Database): void {
  if (db.get("SELECT 1 FROM overall_figures LIMIT 1")) return;
  for (const span of ["minute", "hour", "total"] as const) {
    for (const { start, figures: one } of figures(db, { span })) add(db, one, { span, start });
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
    waitMs: toHistogram(row.wait_ms),
    runMs: toHistogram(row.run_ms),
  };
}
