/**
 * @module
 * Pieces: some jobs of a batch as one text, and moving them to `jobs`. What all of them have in common stands in it
 * once, since to take values out of JSON costs as much as to store them; what is to be counted of them stands in it
 * as numbers. Invariant: whoever moves a piece needs nothing but its row.
 */
import type { NewJob } from "../../domain/job.ts";
import type { EnqueueOptions } from "../contract.ts";
import { type FirstState, waitingState } from "../rules/jobs.ts";
import { type NewJobTally, textOf } from "../rules/new_jobs.ts";
import type { Database, Value } from "./engine/database.ts";
import { NEW_COLUMNS, newRow } from "./rows.ts";

/** The jobs of a piece at most: it is moved in one transaction. */
const MOST = { jobs: 100, text: 128 * 1024 };

/** What a row of a piece has: the columns of its job, and its stdin in hexadecimal. */
const COLUMNS = [...NEW_COLUMNS, "stdin"];

/** The columns by which the jobs of a piece are counted. */
const COUNTED = ["queue", "state", "held", "priority"].map((column) => COLUMNS.indexOf(column));

/** What is said of a piece besides its rows. */
interface Head {
  /** The values that all rows have in common, by column. */
  same: Record<string, Value>;
  /** The columns of each row, in this order. */
  columns: string[];
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
  /** Values of `COLUMNS`. */
  readonly #rows: Value[][] = [];
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
    const stdin = job.stdin ? hexOf(job.stdin) : null;
    this.#rows.push([...newRow(job, name, waitingState(job.runAt, options.now)), stdin]);
    this.#text += textOf(job);
  }

  /** As it is stored. */
  toString(): string {
    return textOfPiece(this.#rows, this.chosen.map(({ name }) => name));
  }
}

/** Of rows in which a value is missing, all must lack it. */
function textOfPiece(rows: readonly (Value | undefined)[][], chosen: string[]): string {
  const first = rows[0]!;
  const same: Record<string, Value> = {};
  const own: number[] = [];
  COLUMNS.forEach((column, at) => {
    const value = first[at];
    if (rows.some((row) => row[at] !== value)) own.push(at);
    else if (value !== undefined) same[column] = value;
  });
  const columns = own.map((at) => COLUMNS[at]!);
  const head: Head = { same, columns, counted: count(rows), chosen };
  return JSON.stringify({ head, rows: rows.map((row) => own.map((at) => row[at])) });
}

function count(rows: readonly (Value | undefined)[][]): Head["counted"] {
  const groups = new Map<string, Head["counted"][number]>();
  rows.forEach((row, first) => {
    const [queue, state, held, priority] = COUNTED.map((at) => row[at]);
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

/** What earlier versions staged: rows alone, with these columns. */
const FIRST_COLUMNS = [
  ...["name", "queue", "command", "state", "priority", "max_retries", "timeout_ms", "run_at", "label", "cwd"],
  ...["env", "held"],
];

function rewrite(db: Database, piece: number): void {
  const { jobs } = db.get<{ jobs: string }>("SELECT jobs FROM staged WHERE piece = ?", piece)!;
  const places = COLUMNS.map((column) => FIRST_COLUMNS.indexOf(column));
  const rows = (JSON.parse(jobs) as Value[][]).map((row) => places.map((at) => row[at]));
  const name = COLUMNS.indexOf("name");
  const names = rows.flatMap((row) => row[name] === null ? [] : [row[name] as string]);
  db.run("UPDATE staged SET jobs = ? WHERE piece = ?", textOfPiece(rows, names), piece);
}

/** Makes the jobs of a piece rows, and counts them. `first` is the number of the first one of its batch. */
export function movePiece(
  db: Database,
  { piece, start, head: { same, columns, counted } }: StoredPiece,
  { first, madeAt, tally }: { first: number; madeAt: number; tally: NewJobTally },
): void {
  // Another version may have staged it: what this one does not know is left out, the database fills in what is not said.
  const common = NEW_COLUMNS.filter((column) => Object.hasOwn(same, column));
  const own = NEW_COLUMNS.filter((column) => columns.includes(column));
  const places = own.map((column) => columns.indexOf(column));
  const values = common.map((column) => same[column]!);
  db.run(moving(common, own, places), first + start, madeAt, ...values, piece);
  if (typeof same.stdin === "string") db.run(KEEP_SAME, first + start, same.stdin, piece);
  const at = columns.indexOf("stdin");
  if (at >= 0) db.run(keepOwn(at), first + start, piece);
  for (const { first: index, ...alike } of counted) tally.add({ ...alike, seq: first + start + index });
}

const KEEP_SAME = `
  INSERT INTO inputs (job, bytes)
  SELECT ? + row.key, unhex(?) FROM staged, json_each(jobs, '$.rows') row WHERE piece = ?`;
const keepOwn = (at: number) => `
  INSERT INTO inputs (job, bytes)
  SELECT ? + row.key, unhex(row.value ->> ${at}) FROM staged, json_each(jobs, '$.rows') row
  WHERE piece = ? AND row.value ->> ${at} IS NOT NULL`;

function moving(common: readonly string[], own: readonly string[], places: readonly number[]): string {
  const values = [...common.map(() => "?"), ...places.map((at) => `row.value ->> ${at}`)];
  return `
    INSERT INTO jobs (seq, created_at, ${[...common, ...own].join(", ")})
    SELECT ? + row.key, ?, ${values.join(", ")} FROM staged, json_each(jobs, '$.rows') row WHERE piece = ?`;
}

const RELEASE = "DELETE FROM staged_names WHERE name IN (SELECT value FROM json_each(?))";

/** Removes a piece that was moved, or never will be; its ids are taken by jobs now, or free. */
export function removePiece(db: Database, { piece, head: { chosen } }: StoredPiece): void {
  db.run("DELETE FROM staged WHERE piece = ?", piece);
  if (chosen.length > 0) db.run(RELEASE, JSON.stringify(chosen));
}

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte]!;
  return text;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
