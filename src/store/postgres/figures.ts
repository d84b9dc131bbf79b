/**
 * @module
 * The figures. What a transaction counts, it notes as a row of `tallies`, for which nobody waits; now and then somebody
 * adds those to the figures: for all queues together and for every queue a row a minute, one an hour, and one for all
 * time. Invariant: figures and tallies together are right at any moment, and who reads sees both as of one moment.
 */
import { addFigures, type Figures, type Histogram } from "../../domain/figures.ts";
import type { Outcome, State } from "../../domain/job.ts";
import type { FigureRange, FigureRow } from "../contract.ts";
import { FigureTally, type Span, spansAt } from "../rules/figure_tally.ts";
import { countAttempt } from "../rules/settling.ts";
import type { Database, Transaction } from "./engine/database.ts";

/** What one transaction counted of a queue. */
interface TallyRow {
  at: number;
  queue: string;
  enqueued: number;
  ended: [
    outcome: Outcome,
    state: State,
    readyAt: number,
    startedAt: number,
    finishedAt: number,
    cpuMs?: number | null,
  ][] | null;
}

/** The figures of all queues together, as the table names them. */
const OVERALL = "";

const COUNTS = {
  enqueued: "enqueued",
  started: "started",
  completed: "completed",
  failed: "failed",
  timedOut: "timed_out",
  cancelled: "cancelled",
  lost: "lost",
  retried: "retried",
  dead: "dead",
  snoozed: "snoozed",
  cpuMs: "cpu_ms",
} as const satisfies Partial<Record<keyof Figures, string>>;
const COLUMNS = Object.values(COUNTS);

type Row = Record<(typeof COLUMNS)[number], number> & {
  span: FigureRange["span"];
  start: number;
  queue: string;
  wait_ms: Histogram;
  run_ms: Histogram;
};

function toFigures(row: Row): Figures {
  const counts = Object.entries(COUNTS).map(([key, column]) => [key, row[column]]);
  return { ...Object.fromEntries(counts), waitMs: row.wait_ms, runMs: row.run_ms };
}

/** Rows of figures, by span, start and queue. */
class Sums {
  readonly rows = new Map<string, Span & { queue: string; figures: Figures }>();

  add({ span, start }: Span, queue: string, figures: Figures): void {
    const key = `${span} ${start} ${queue}`;
    const row = this.rows.get(key);
    if (row) addFigures(row.figures, figures);
    else this.rows.set(key, { span, start, queue, figures: structuredClone(figures) });
  }

  /** Adds what was tallied, of those rows that are `wanted`. */
  addTallies(
    tallies: readonly TallyRow[],
    wanted: (span: Span, queue: string) => boolean = () => true,
  ): void {
    const byMinute = new Map<number, FigureTally>();
    for (const { at, queue, enqueued, ended } of tallies) {
      const minute = at - at % 60_000;
      let tally = byMinute.get(minute);
      if (!tally) byMinute.set(minute, tally = new FigureTally());
      const figures = tally.of(queue);
      figures.enqueued += enqueued;
      for (const [outcome, state, readyAt, startedAt, finishedAt, cpuMs] of ended ?? []) {
        countAttempt(figures, { outcome, state, readyAt, startedAt, finishedAt, cpuMs });
      }
    }
    for (const [minute, tally] of byMinute) {
      for (const { queue = OVERALL, figures } of tally.figures()) {
        for (const span of spansAt(minute)) if (wanted(span, queue)) this.add(span, queue, figures);
      }
    }
  }
}

/** Only one at a time adds tallies up. */
const KEY = "1363366988, 'queuectl.tallies'::regclass::oid::integer";
const TRY_LOCK = `SELECT pg_try_advisory_xact_lock(${KEY}) AS locked`;
const LOCK = `SELECT pg_advisory_xact_lock(${KEY})`;
/** Rows that are added up in one transaction. */
const AT_ONCE = 2000;
const TAKE = `
  DELETE FROM queuectl.tallies WHERE ctid = ANY (ARRAY(SELECT ctid FROM queuectl.tallies LIMIT ${AT_ONCE}))
  RETURNING at, queue, enqueued, ended`;
const TAKE_OF = "DELETE FROM queuectl.tallies WHERE queue = $1 RETURNING at, queue, enqueued, ended";
const FIND = `
  SELECT f.span, f.start, f.queue, f.${COLUMNS.join(", f.")}, f.wait_ms, f.run_ms
  FROM unnest($1::text[], $2::bigint[], $3::text[]) AS k (span, start, queue)
  JOIN queuectl.figures f ON f.span = k.span AND f.start = k.start AND f.queue = k.queue`;
const STORE = `
  INSERT INTO queuectl.figures (span, start, queue, ${COLUMNS.join(", ")}, wait_ms, run_ms)
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], ${
  COLUMNS.map((_, at) => `$${at + 4}::bigint[]`).join(", ")
}, $${COLUMNS.length + 4}::json[], $${COLUMNS.length + 5}::json[])
  ON CONFLICT (span, start, queue) DO UPDATE SET
    ${[...COLUMNS, "wait_ms", "run_ms"].map((column) => `${column} = excluded.${column}`).join(", ")}`;

/** Adds some tallies to the figures, unless somebody else is just doing it. Returns whether there may be more. */
export async function addUpTallies(db: Database): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const [lock] = await tx.all<{ locked: boolean }>(TRY_LOCK);
    if (!lock!.locked) return false;
    const tallies = await tx.all<TallyRow>(TAKE);
    await addTo(tx, tallies);
    return tallies.length === AT_ONCE;
  });
}

/** Adds all tallies of a queue to the figures. */
export async function addUp(tx: Transaction, queue: string): Promise<void> {
  await tx.all(LOCK);
  await addTo(tx, await tx.all<TallyRow>(TAKE_OF, queue));
}

async function addTo(tx: Transaction, tallies: readonly TallyRow[]): Promise<void> {
  if (tallies.length === 0) return;
  const sums = new Sums();
  sums.addTallies(tallies);
  const keys = [...sums.rows.values()];
  const stored = await tx.all<Row>(
    FIND,
    keys.map(({ span }) => span),
    keys.map(({ start }) => start),
    keys.map(({ queue }) => queue),
  );
  for (const row of stored) sums.add(row, row.queue, toFigures(row));
  await putFigures(tx, [...sums.rows.values()]);
}

/** Stores rows of figures in the place of those that are there. */
export async function putFigures(
  tx: Transaction,
  rows: readonly (Span & { queue: string; figures: Figures })[],
): Promise<void> {
  await tx.all(
    STORE,
    rows.map(({ span }) => span),
    rows.map(({ start }) => start),
    rows.map(({ queue }) => queue),
    ...Object.keys(COUNTS).map((key) => rows.map(({ figures }) => figures[key as keyof typeof COUNTS])),
    rows.map(({ figures }) => JSON.stringify(figures.waitMs)),
    rows.map(({ figures }) => JSON.stringify(figures.runMs)),
  );
}

/** Both in one statement, so as of one moment; of all queues, or only those that `which` says. */
const readOf = (which: string) => `
  SELECT span, start, queue, ${COLUMNS.join(", ")}, wait_ms, run_ms, NULL AS ended, NULL::bigint AS at
  FROM queuectl.figures WHERE span = $1 AND start >= $2 AND start < $3
    AND CASE WHEN $4::text IS NULL THEN queue <> '' ELSE queue = $4 END ${which}
  UNION ALL
  SELECT NULL, NULL, queue, enqueued, ${COLUMNS.slice(1).map(() => "NULL").join(", ")}, NULL, NULL, ended, at
  FROM queuectl.tallies WHERE ($4::text IS NULL OR $4 = '' OR queue = $4) ${which}`;
const READ = readOf("");
/** Of all time: histograms of very many queues would take long to read. */
const READ_MOST = `
  WITH most AS MATERIALIZED (
    SELECT queue FROM (
      SELECT queue, enqueued FROM queuectl.figures WHERE span = 'total' AND queue <> ''
      UNION ALL SELECT queue, enqueued FROM queuectl.tallies) all_of
    GROUP BY queue ORDER BY sum(enqueued) DESC, queue LIMIT $5)
  ${readOf("AND queue IN (SELECT queue FROM most)")}`;

/** Figures of [from, to), by start and queue. */
export async function figures(db: Database, range: FigureRange): Promise<FigureRow[]> {
  const { span, from = 0, to = Number.MAX_SAFE_INTEGER, queue, most } = range;
  const of = queue === null ? OVERALL : queue ?? null;
  const found = span === "total" && of === null && most !== undefined
    ? await db.readFew<Row & TallyRow>(READ_MOST, span, from, to, of, most)
    : await db.readFew<Row & TallyRow>(READ, span, from, to, of);
  const sums = new Sums();
  for (const row of found.filter(({ at }) => at === null)) sums.add(row, row.queue, toFigures(row));
  sums.addTallies(
    found.filter(({ at }) => at !== null),
    (one, name) =>
      one.span === span && one.start >= from && one.start < to &&
      (of === null ? name !== OVERALL : name === of),
  );
  const byEnqueued = (a: FigureRow, b: FigureRow) =>
    b.figures.enqueued - a.figures.enqueued || byCode(a.queue, b.queue);
  const rows = [...sums.rows.values()].map(({ start, queue, figures }): FigureRow => ({
    queue,
    start,
    figures,
  }));
  const wanted = most === undefined ? rows : rows.sort(byEnqueued).slice(0, most);
  return wanted.sort((a, b) => a.start - b.start || byCode(a.queue, b.queue));
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
