/**
 * @module
 * Pieces: some jobs of a batch as one text, and moving them to `jobs`. What all of them have in common stands in it
 * once, since to take values out of JSON costs as much as to store them; what is to be counted of them stands in it
 * as numbers. Invariant: whoever moves a piece needs nothing but its row.
 */
import type { NewJob } from "../../domain/job.ts";
import type { FirstState } from "../rules/jobs.ts";
import { type NewJobTally, textOf } from "../rules/new_jobs.ts";
import type { Database, Value } from "./engine/database.ts";
import { laneAmongThere } from "./new_in_sublanes.ts";
import { NEW_COLUMNS, NEW_VALUES, type NewValue } from "./rows.ts";
import { type MovedRows, moveNeeds, NEED_VALUES, tellOfGone, type ToStage } from "./staged_needs.ts";

/** The jobs of a piece at most: it is moved in one transaction. */
const MOST = { jobs: 100, text: 128 * 1024 };

/** What a row of a piece has: the columns of its job, and its stdin in hexadecimal. */
const VALUES: readonly NewValue<ToStage, Value | undefined>[] = [
  ...NEW_VALUES,
  { column: "stdin", of: ({ job: { stdin } }) => stdin ? hexOf(stdin) : null, by: ["stdin"] },
];

/** The same with what is said of its needs, in a batch in which some job needs another. */
const VALUES_WITH_NEEDS = [...VALUES, ...NEED_VALUES];

/** The fields that decide any of it. */
const FIELDS = [...new Set(VALUES.flatMap(({ by = [] }) => by))];

/** What of it are columns of `jobs`. */
const OF_JOBS = [...NEW_COLUMNS, "needed"];

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
  readonly #jobs: ToStage[] = [];
  /** The fields in which some job differs from the first: few, while to make values costs as much as to store them. */
  readonly #own = new Set<keyof NewJob>();
  /** What the first job has in each of the fields. */
  #first: readonly unknown[] = [];
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
    return this.#jobs.length >= MOST.jobs || this.#text >= MOST.text;
  }

  /** Whether a job cannot be among the others: all of them wait for others, or none of them does. */
  isOther(one: ToStage): boolean {
    const first = this.#jobs[0];
    return first !== undefined && isWaiting(first) !== isWaiting(one);
  }

  /** Adds a job. */
  add(one: ToStage): void {
    const { job, among } = one;
    if (job.id !== null) {
      this.chosen.push({ name: job.id, index: among?.at ?? this.start + this.#jobs.length });
    }
    this.#jobs.push(one);
    if (this.#jobs.length === 1) this.#first = FIELDS.map((field) => job[field]);
    for (let nth = 0; nth < FIELDS.length; nth++) {
      if (job[FIELDS[nth]!] !== this.#first[nth]) this.#own.add(FIELDS[nth]!);
    }
    this.#text += textOf(job) + (among?.needs?.length ?? 0);
  }

  /** As it is stored. */
  toString(): string {
    const values = this.#jobs[0]?.among ? VALUES_WITH_NEEDS : VALUES;
    const columns = values.map(({ column, of, by }): Column => {
      const alike = by?.every((field) => !this.#own.has(field));
      return { column, values: (alike ? this.#jobs.slice(0, 1) : this.#jobs).map(of) };
    });
    return textOfPiece({ columns, rows: this.#jobs.length, chosen: this.chosen.map(({ name }) => name) });
  }
}

function isWaiting({ state }: ToStage): boolean {
  return state === "blocked";
}

/** A column. */
interface Column {
  column: string;
  /** Of all rows, or one that all have; of columns in which a value is missing, all must be. */
  values: readonly (Value | undefined)[];
}

function textOfPiece(
  { columns, rows, chosen }: { columns: readonly Column[]; rows: number; chosen: string[] },
): string {
  const same: Head["same"] = {};
  const own: Column[] = [];
  for (const one of columns) {
    const first = one.values[0];
    if (one.values.some((value) => value !== first)) own.push(one);
    else if (first !== undefined) same[one.column] = first;
  }
  const counted = count({ same, own, rows });
  const head: Head = { same, columns: own.map(({ column }) => column), counted, chosen };
  const all: (Value | undefined)[][] = [];
  for (let nth = 0; nth < rows; nth++) all.push(own.map(({ values }) => values[nth]));
  return JSON.stringify({ head, rows: all });
}

function count(
  { same, own, rows }: { same: Head["same"]; own: readonly Column[]; rows: number },
): Head["counted"] {
  const columnOf = (name: string) => own.find(({ column }) => column === name)?.values;
  const [queues, states, helds, priorities, places] = ["queue", "state", "held", "priority", "at"].map(
    columnOf,
  );
  const groups = new Map<string, Head["counted"][number]>();
  const step = queues || states || helds || priorities ? 1 : rows; // most pieces have one queue, and so on
  for (let nth = 0; nth < rows; nth += step) {
    const queue = (queues ? queues[nth] : same["queue"]) as string;
    const state = (states ? states[nth] : same["state"]) as FirstState;
    const held = (helds ? helds[nth] : same["held"]) === 1;
    const priority = (priorities ? priorities[nth] : same["priority"]) as number;
    const key = `${queue} ${state} ${held} ${priority}`;
    const group = groups.get(key);
    if (group) group.n += step;
    else {
      const first = (places?.[nth] ?? same["at"] ?? nth) as number;
      groups.set(key, { queue, state, held, priority, first, n: step });
    }
  }
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
  const rows = JSON.parse(jobs) as Value[][];
  const columns = FIRST_COLUMNS.map((column, at) => ({ column, values: rows.map((row) => row[at]) }));
  const chosen = rows.flatMap(([name]) => typeof name === "string" ? [name] : []);
  const text = textOfPiece({ columns, rows: rows.length, chosen });
  db.run("UPDATE staged SET jobs = ? WHERE piece = ?", text, piece);
}

/** A batch whose pieces are moved in one transaction. */
export interface Moving {
  /** The number of its first job. */
  first: number;
  madeAt: number;
  /** Counts what is moved. */
  tally: NewJobTally;
  /** The numbers from the first to the last of those that went into sub-lanes; none yet. */
  inSublanes?: [from: number, to: number];
}

/** Makes the jobs of a piece rows, and counts them. */
export function movePiece(db: Database, { piece, start, head }: StoredPiece, moving: Moving): void {
  const { first, madeAt, tally } = moving;
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
  const lane = isIn("lane") && !isIn("at") ? laneAmongThere(db, same["queue"], of) : undefined;
  if (lane) moving.inSublanes = [moving.inSublanes?.[0] ?? first + start, first + start + MOST.jobs];
  const valueOf = (column: string) => column === "lane" && lane || of(column);
  const parts = [number, { sql: "?", values: [madeAt] }, ...known.map(valueOf)];
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
