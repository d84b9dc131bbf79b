/**
 * @module
 * Pieces: some jobs of a batch as one text, and moving them to `jobs`. What all of them have in common stands in it
 * once, since to take values out of JSON costs as much as to store them; what is to be counted of them stands in it
 * as numbers. Invariant: whoever moves a piece needs nothing but its row.
 */
import type { NewJob } from "../../domain/job.ts";
import type { EnqueueOptions } from "../contract.ts";
import { textOf } from "../rules/divide.ts";
import type { NewJobTally } from "../rules/new_jobs.ts";
import { type FirstState, waitingState } from "../rules/order.ts";
import type { Database, Value } from "./engine/database.ts";

/** The jobs of a piece at most: it is moved in one transaction. */
const MOST = { jobs: 250, text: 256 * 1024 };

/** The columns of `jobs` that stand in a piece. */
const COLUMNS = [
  "name",
  "queue",
  "command",
  "state",
  "priority",
  "max_retries",
  "timeout_ms",
  "run_at",
  "label",
  "cwd",
  "env",
  "held",
] as const;
type Column = typeof COLUMNS[number];
type Row = Record<Column, Value>;

/** What is said of a piece besides its rows. */
interface Head {
  /** The values that all rows have in common. */
  same: Partial<Row>;
  /** The columns of each row, in this order. */
  columns: Column[];
  /** How many jobs are alike, and how many of the piece come before the first of them. */
  counted: { queue: string; state: FirstState; held: boolean; priority: number; first: number; n: number }[];
  /** The ids that users chose. */
  chosen: string[];
}

/** A piece while jobs are added to it. */
export class NewPiece {
  /** How many jobs of the batch come before. */
  readonly start: number;
  /** The ids that users chose, and where in the batch. */
  readonly chosen: { name: string; index: number }[] = [];
  readonly #rows: Row[] = [];
  #text = 0;

  constructor(start: number) {
    this.start = start;
  }

  /** About how many characters its jobs have. */
  get text(): number {
    return this.#text;
  }

  /** Whether the next job belongs into the next piece. */
  get isFull(): boolean {
    return this.#rows.length >= MOST.jobs || this.#text >= MOST.text;
  }

  /** Adds a job that is to have this name in the database. */
  add(job: NewJob, name: string | null, options: EnqueueOptions): void {
    if (job.id !== null) this.chosen.push({ name: job.id, index: this.start + this.#rows.length });
    this.#rows.push(rowOf(job, name, waitingState(job.runAt, options.now)));
    this.#text += textOf(job);
  }

  /** As it is stored. */
  toString(): string {
    return textOfPiece(this.#rows, this.chosen.map(({ name }) => name));
  }
}

function textOfPiece(rows: readonly Row[], chosen: string[]): string {
  const first = rows[0]!;
  const columns = COLUMNS.filter((column) => rows.some((row) => row[column] !== first[column]));
  const same: Partial<Row> = { ...first };
  for (const column of columns) delete same[column];
  const head: Head = { same, columns, counted: count(rows), chosen };
  return JSON.stringify({ head, rows: rows.map((row) => columns.map((column) => row[column])) });
}

function rowOf(job: NewJob, name: string | null, state: FirstState): Row {
  return {
    name,
    queue: job.queue,
    command: job.command,
    state,
    priority: job.priority,
    max_retries: job.maxRetries,
    timeout_ms: job.timeoutMs,
    run_at: job.runAt,
    label: job.label,
    cwd: job.cwd,
    env: job.env === null ? null : JSON.stringify(job.env),
    held: job.held ? 1 : 0,
  };
}

function count(rows: readonly Row[]): Head["counted"] {
  const groups = new Map<string, Head["counted"][number]>();
  rows.forEach(({ queue, state, held, priority }, first) => {
    const key = `${queue} ${state} ${held} ${priority}`;
    const group = groups.get(key);
    if (group) group.n += 1;
    else {
      groups.set(key, {
        queue: queue as string,
        state: state as FirstState,
        held: held === 1,
        priority: priority as number,
        first,
        n: 1,
      });
    }
  });
  return [...groups.values()];
}

/** A piece that is stored. */
export interface StoredPiece {
  piece: number;
  /** How many jobs of the batch come before. */
  start: number;
  head: Head;
}

const NEXT = `
  SELECT piece, start, jobs ->> '$.head' AS head FROM staged WHERE batch = ? ORDER BY start LIMIT 1`;

/** The first piece of a batch that is still there. */
export function nextPiece(db: Database, batch: string): StoredPiece | undefined {
  const row = db.get<{ piece: number; start: number; head: string | null }>(NEXT, batch);
  if (!row) return undefined;
  if (row.head !== null) return { ...row, head: JSON.parse(row.head) };
  rewrite(db, row.piece);
  return nextPiece(db, batch);
}

/** Earlier versions staged arrays of rows, with the columns in this order. */
function rewrite(db: Database, piece: number): void {
  const { jobs } = db.get<{ jobs: string }>("SELECT jobs FROM staged WHERE piece = ?", piece)!;
  const rows = (JSON.parse(jobs) as Value[][]).map((values) =>
    Object.fromEntries(COLUMNS.map((column, n) => [column, values[n]])) as Row
  );
  const names = rows.flatMap(({ name }) => name === null ? [] : [name as string]);
  db.run("UPDATE staged SET jobs = ? WHERE piece = ?", textOfPiece(rows, names), piece);
}

/** Makes the jobs of a piece rows, and counts them. `first` is the number of the first one of its batch. */
export function movePiece(
  db: Database,
  { piece, start, head: { same, columns, counted } }: StoredPiece,
  { first, madeAt, tally }: { first: number; madeAt: number; tally: NewJobTally },
): void {
  const own = COLUMNS.filter((column) => !columns.includes(column)).map((column) => same[column]!);
  db.run(moving(columns), first + start, madeAt, ...own, piece);
  for (const { first: index, ...alike } of counted) tally.add({ ...alike, seq: first + start + index });
}

function moving(columns: readonly Column[]): string {
  const values = COLUMNS.map((column) => {
    const place = columns.indexOf(column);
    return place < 0 ? "?" : `row.value ->> ${place}`;
  });
  return `
    INSERT INTO jobs (seq, created_at, ${COLUMNS.join(", ")})
    SELECT ? + row.key, ?, ${values.join(", ")} FROM staged, json_each(jobs, '$.rows') row WHERE piece = ?`;
}

const RELEASE = "DELETE FROM staged_names WHERE name IN (SELECT value FROM json_each(?))";

/** Removes a piece that was moved, or never will be; its ids are taken by jobs now, or free. */
export function removePiece(db: Database, { piece, head: { chosen } }: StoredPiece): void {
  db.run("DELETE FROM staged WHERE piece = ?", piece);
  if (chosen.length > 0) db.run(RELEASE, JSON.stringify(chosen));
}
