/**
 * @module
 * The figures: for every queue one row a minute, one an hour, and one for all time, each changed in the
 * transaction that does what it counts. Old minutes and hours are removed whenever a new minute begins.
 */
import { addHistogram, emptyHistogram, type Figures, type Histogram, noFigures } from "../../figures.ts";
import type { FigureRange, FigureRow } from "../store.ts";
import type { Database } from "./database.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** How long minutes are kept: a day, and some time to look at it. */
const MINUTES_KEPT_MS = 25 * HOUR_MS;
/** How long hours are kept: a year, and a month to compare it with. */
const HOURS_KEPT_MS = 400 * 24 * HOUR_MS;

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
    const minute = now - now % MINUTE_MS;
    for (const [queue, figures] of this.#queues) {
      if (!add(db, figures, { span: "minute", start: minute, queue })) forgetOld(db, now);
      add(db, figures, { span: "hour", start: now - now % HOUR_MS, queue });
    }
    this.storeTotals(db);
  }

  /** Adds everything to the figures for all time only. */
  storeTotals(db: Database): void {
    for (const [queue, figures] of this.#queues) add(db, figures, { span: "total", start: 0, queue });
  }
}

/** The key of a row. */
interface Key {
  span: FigureRange["span"];
  start: number;
  queue: string;
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

const HISTOGRAMS = "SELECT wait_ms, run_ms FROM figures WHERE span = ? AND start = ? AND queue = ?";

const ADD = `
  INSERT INTO figures (span, start, queue,
    enqueued, started, completed, failed, timed_out, cancelled, lost, retried, dead, wait_ms, run_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET
    enqueued = enqueued + excluded.enqueued, started = started + excluded.started,
    completed = completed + excluded.completed, failed = failed + excluded.failed,
    timed_out = timed_out + excluded.timed_out, cancelled = cancelled + excluded.cancelled,
    lost = lost + excluded.lost, retried = retried + excluded.retried, dead = dead + excluded.dead,
    wait_ms = excluded.wait_ms, run_ms = excluded.run_ms`;

/** Adds to one row and returns whether it was there before. */
function add(db: Database, figures: Figures, { span, start, queue }: Key): boolean {
  const stored = db.get<HistogramsRow>(HISTOGRAMS, span, start, queue);
  db.run(
    ADD,
    span,
    start,
    queue,
    figures.enqueued,
    figures.started,
    figures.completed,
    figures.failed,
    figures.timedOut,
    figures.cancelled,
    figures.lost,
    figures.retried,
    figures.dead,
    plus(stored?.wait_ms ?? null, figures.waitMs),
    plus(stored?.run_ms ?? null, figures.runMs),
  );
  return stored !== undefined;
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

const FORGET = "DELETE FROM figures WHERE span = ? AND start < ?";

function forgetOld(db: Database, now: number): void {
  db.run(FORGET, "minute", now - MINUTES_KEPT_MS);
  db.run(FORGET, "hour", now - HOURS_KEPT_MS);
}

/** Figures of every queue that has any in [from, to), by start and queue. */
export function figures(
  db: Database,
  { span, from = 0, to = Number.MAX_SAFE_INTEGER }: FigureRange,
): FigureRow[] {
  return db.all<Row>(
    "SELECT * FROM figures WHERE span = ? AND start >= ? AND start < ? ORDER BY start, queue",
    span,
    from,
    to,
  ).map((row) => ({ queue: row.queue, start: row.start, figures: toFigures(row) }));
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
