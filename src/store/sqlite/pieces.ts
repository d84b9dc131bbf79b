/**
 * @module
 * Pieces: some jobs of a batch as one text, and moving them to `jobs`. What all of them have in common stands in it
 * once, since to take values out of JSON costs as much as to store them; what is to be counted of them stands in it
 * as numbers. Invariant: whoever moves a piece needs nothing but its row.
 */
import type { EnqueueOptions } from "../contract.ts";
import { type FirstState, waitingState } from "../rules/jobs.ts";
import { type NewJobTally, textOf } from "../rules/new_jobs.ts";
import type { Database, Value } from "./engine/database.ts";
import { NEW_COLUMNS, newRow } from "./rows.ts";
import {
  type MovedRows,
  moveNeeds,
  NEED_COLUMNS,
  needValues,
  tellOfGone,
  type ToStage,
} from "./staged_needs.ts";

/** The jobs of a piece at most: it is moved in one transaction. */
const MOST = { jobs: 100, text: 128 * 1024 };

/** What a row of a piece has: the columns of its job, its stdin in hexadecimal, and what is said of its needs. */
const COLUMNS = [...NEW_COLUMNS, "stdin", ...NEED_COLUMNS];

/** Those of them that are columns of `jobs`. */
const OF_JOBS = [...NEW_COLUMNS, "needed"];

/** The columns by which the jobs of a piece are counted. */
const COUNTED = ["queue", "state", "held", "priority"].map((column) => COLUMNS.indexOf(column));

/** Where a job stands in its batch, where that is not told by the order of the rows. */
const AT = COLUMNS.indexOf("at");

/** What is said of a piece besides its rows. */
interface Head {
  /** The values that all rows have in common, by column. */
  same: Record<string, Value>;
  /** The columns of each row, in this order. */
  columns: string[];
  /** How many jobs are alike, and how many of the piece, or of the batch where rows say so, come before the first of them. */
  counted: { queue: string; state: FirstState; held: boolean; priority: number; first: number; n: number }[];
  /** The ids that users chose. */
  chosen: string[];
  /** It has no rows: jobs with these numbers, counted from the first, are told of those that are gone. */
  recheck?: [from: number, to: number];
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

  /** The jobs of which it consists wait for others, or none of them does. */
  #waits = false;

  /** Whether a job cannot be among the others. */
  isOther({ among }: ToStage): boolean {
    return this.#rows.length > 0 && this.#waits !== isWaiting(among);
  }

  /** Adds a job. */
  add(one: ToStage, options: EnqueueOptions): void {
    const { job, name, among } = one;
    if (job.id !== null) {
      this.chosen.push({ name: job.id, index: among?.at ?? this.start + this.#rows.length });
    }
    const stdin = job.stdin ? hexOf(job.stdin) : null;
    this.#waits = isWaiting(among);
    const state = this.#waits ? "blocked" : waitingState(job.runAt, options.now);
    this.#rows.push([...newRow(job, name, state), stdin, ...needValues(one)] as Value[]);
    this.#text += textOf(job) + (among?.needs?.length ?? 0);
  }

  /** As it is stored. */
  toString(): string {
    return textOfPiece(this.#rows, this.chosen.map(({ name }) => name));
  }
}

function isWaiting(among: ToStage["among"]): boolean {
  return typeof among?.needs === "string";
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
  rows.forEach((row, nth) => {
    const first = (row[AT] ?? nth) as number;
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
  { piece, start, head }: StoredPiece,
  { first, madeAt, tally }: { first: number; madeAt: number; tally: NewJobTally },
): void {
  const { same, columns, counted, recheck } = head;
  if (recheck) return tellOfGone(db, { from: first + recheck[0], to: first + recheck[1] });
  const isIn = (column: string) => Object.hasOwn(same, column) || columns.includes(column);
  const of: MovedRows["of"] = (column) =>
    Object.hasOwn(same, column)
      ? { sql: "?", values: [same[column]!] }
      : { sql: `row.value ->> ${columns.indexOf(column)}`, values: [] };
  const place = isIn("at") ? of("at") : { sql: "row.key", values: [] };
  const number = { sql: `? + ${place.sql}`, values: [isIn("at") ? first : first + start, ...place.values] };
  // Another version may have staged it: what this one does not know is left out, the database fills in what is not said.
  const known = OF_JOBS.filter(isIn);
  const parts = [number, { sql: "?", values: [madeAt] }, ...known.map(of)];
  db.run(
    `INSERT INTO jobs (seq, created_at, ${known.join(", ")})
     SELECT ${parts.map(({ sql }) => sql).join(", ")} ${FROM} WHERE piece = ?`,
    ...parts.flatMap(({ values }) => values),
    piece,
  );
  if (isIn("stdin")) keepStdin(db, piece, { number, stdin: of("stdin") });
  if (counted.some(({ state }) => state === "blocked")) moveNeeds(db, { of, piece, first });
  const from = isIn("at") ? first : first + start;
  for (const { first: index, ...alike } of counted) tally.add({ ...alike, seq: from + index });
}

const FROM = "FROM staged, json_each(jobs, '$.rows') row";

function keepStdin(
  db: Database,
  piece: number,
  { number, stdin }: Record<"number" | "stdin", { sql: string; values: Value[] }>,
): void {
  if (stdin.values[0] === null) return;
  db.run(
    `INSERT INTO inputs (job, bytes) SELECT ${number.sql}, unhex(${stdin.sql}) ${FROM}
     WHERE piece = ? AND ${stdin.sql} IS NOT NULL`,
    ...[...number.values, ...stdin.values, piece, ...stdin.values],
  );
}

/** Numbers, counted from the first, that are looked at in one go. */
const RECHECKED = 1000;

/** Pieces without rows, to come after all others: their jobs are told of those that were deleted before these came. */
export function rechecks(jobs: number): string[] {
  return Array.from({ length: Math.ceil(jobs / RECHECKED) }, (_, nth) => {
    const recheck: Head["recheck"] = [nth * RECHECKED, (nth + 1) * RECHECKED - 1];
    return JSON.stringify({ head: { same: {}, columns: [], counted: [], chosen: [], recheck }, rows: [] });
  });
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
