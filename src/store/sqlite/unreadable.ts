/**
 * @module
 * Jobs of which a value cannot be read, and counts of them, be it for damage or for another program that has written it. Invariant: none of
 * them keeps others from being claimed. One that waits is dead, with a sentence that names the value; what the engine
 * would not have stored becomes something that it would, or nothing could be done to the job any more.
 */
import { WAITING } from "../../domain/job.ts";
import { countAnew } from "./counts.ts";
import type { Database } from "./engine/database.ts";
import { rebuildLanes } from "./lanes.ts";
import { envOf, type JobRow } from "./rows.ts";
import { mayBecome, sqlList } from "./words.ts";

/** What the values that are needed to run a job must be. */
const READABLE: { readonly [Column in keyof JobRow]?: (value: unknown) => boolean } = {
  name: isTextOrNull,
  queue: isText,
  command: isText,
  priority: Number.isInteger,
  attempts: Number.isInteger,
  last_attempt: Number.isInteger,
  max_retries: Number.isInteger,
  timeout_ms: Number.isInteger,
  created_at: Number.isInteger,
  run_at: (value) => value === null || Number.isInteger(value),
  label: isTextOrNull,
  cwd: isTextOrNull,
  env: (value) => value === null || isText(value) && envOf(value) !== undefined,
};
const COLUMNS = Object.entries(READABLE) as [keyof JobRow, (value: unknown) => boolean][];

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

/** The column of a job without which it cannot be run and that cannot be read, if there is one. */
export function unreadableColumn(row: JobRow): keyof JobRow | undefined {
  return COLUMNS.find(([column, isReadable]) => !isReadable(row[column]))?.[0];
}

const TO_PENDING = `
  UPDATE jobs SET state = 'pending'
  WHERE seq = ? AND state IN ${sqlList(WAITING)} AND ${mayBecome("pending")}`;
const TO_PROCESSING = `UPDATE jobs SET state = 'processing', held = 0 WHERE seq = ? AND ${
  mayBecome("processing")
}`;
const TO_DEAD = `UPDATE jobs SET state = 'dead', finished_at = ?, error = ? WHERE seq = ? AND ${
  mayBecome("dead")
}`;

/** Makes a job dead that waits or was just taken, and says which of its columns is the reason. */
export function layDown(db: Database, seq: number, { column, now }: { column: string; now: number }): void {
  db.run(TO_PENDING, seq);
  db.run(TO_PROCESSING, seq);
  db.run(TO_DEAD, now, `not started: its stored ${column} cannot be read`, seq);
}

/**
 * What takes the place of a value that cannot be read; a job so mended does nothing should somebody run it again.
 * One of an unreadable queue is in no lane, and is left as it is.
 */
const MENDED: Readonly<Record<string, { type: "integer" | "text"; mayBeNull?: true; as: string }>> = {
  name: { type: "text", mayBeNull: true, as: "NULL" },
  command: { type: "text", as: "'false'" },
  priority: { type: "integer", as: "0" },
  last_attempt: {
    type: "integer",
    as: "max(attempts, (SELECT ifnull(max(attempt), 0) FROM attempts WHERE job = jobs.seq))",
  },
  attempts: { type: "integer", as: "0" },
  max_retries: { type: "integer", as: "0" },
  timeout_ms: { type: "integer", as: "0" },
  run_at: { type: "integer", mayBeNull: true, as: "NULL" },
  created_at: { type: "integer", as: "0" },
  started_at: { type: "integer", mayBeNull: true, as: "NULL" },
  finished_at: { type: "integer", mayBeNull: true, as: "NULL" },
  exit_code: { type: "integer", mayBeNull: true, as: "NULL" },
  signal: { type: "text", mayBeNull: true, as: "NULL" },
  error: { type: "text", mayBeNull: true, as: "NULL" },
  worker: { type: "text", mayBeNull: true, as: "NULL" },
  label: { type: "text", mayBeNull: true, as: "NULL" },
  cwd: { type: "text", mayBeNull: true, as: "'/dev/null'" },
  env: { type: "text", mayBeNull: true, as: "'unreadable'" },
};

/** SQLite's integers have 64 bits, of which the runtime reads no more than 53 as numbers; the last needs room for one more. */
const READABLE_NUMBER = `BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER - 1}`;

const FIND = `
  SELECT seq, ${Object.keys(MENDED).map((column) => `(${isWrong(column)}) AS ${column}`).join(", ")} FROM jobs
  WHERE typeof(queue) = 'text' AND (${Object.keys(MENDED).map(isWrong).join(" OR ")})`;

function isWrong(column: string): string {
  const { type, mayBeNull } = MENDED[column]!;
  const wrongType = `typeof(${column}) NOT IN ('${type}'${mayBeNull ? ", 'null'" : ""})`;
  return type === "text"
    ? wrongType
    : `${wrongType} OR ${column} NOT ${READABLE_NUMBER} AND ${column} IS NOT NULL`;
}

/**
 * Looks through all jobs for values that cannot be read, and counts them anew, since neither may keep jobs from being
 * claimed. Returns how many jobs and counts were wrong.
 */
export function mend(db: Database, now: number): number {
  const recounted = countAnew(db); // first, since the triggers go on from what is counted
  const found = db.all<{ seq: number } & Record<string, number>>(FIND);
  for (const { seq, ...wrong } of found) {
    const columns = Object.keys(MENDED).filter((column) => wrong[column] === 1);
    const values = columns.map((column) => `${column} = ${MENDED[column]!.as}`);
    db.run(`UPDATE jobs SET ${values.join(", ")} WHERE seq = ?`, seq); // at once: it must be whole to be stored
    layDown(db, seq, { column: columns.join(" and "), now });
  }
  const mended = recounted + found.length;
  if (mended > 0) rebuildLanes(db);
  return mended;
}
