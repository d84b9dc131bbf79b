/**
 * @module
 * Jobs of which a value cannot be read, and counts of them, be it for damage or for another program that has written it. Invariant: none of
 * them keeps others from being claimed. One that waits is dead, with a sentence that names the value; what the engine
 * would not have stored becomes something that it would, or nothing could be done to the job any more.
 */
import { WAITING } from "../../domain/job.ts";
import { countAnew } from "./counts.ts";
import type { Database } from "./engine/database.ts";
import { countGroupsAnew } from "./groups.ts";
import { rebuildLanes } from "./lanes.ts";
import { policyOf } from "../../domain/policy.ts";
import { envOf, FIELD_COLUMNS, type FieldColumn, type JobRow } from "./rows.ts";
import { mayBecome, sqlList } from "./words.ts";

/** How the values of a column are stored, and what takes the place of one that cannot be read. */
interface Stored {
  type: "integer" | "text";
  mayBeNull?: boolean;
  /** Whether text can be read, where not all can. */
  canRead?: (text: string) => boolean;
  /** A job so mended does nothing should somebody run it again. */
  as: string;
}

function storedField({ kind, default: otherwise }: FieldColumn): Stored {
  const mayBeNull = otherwise === null;
  switch (kind.type) {
    case "integer":
    case "duration":
    case "size":
    case "time":
    case "delay":
    case "flag":
      return { type: "integer", mayBeNull, as: mayBeNull ? "NULL" : "0" };
    case "text":
    case "line":
    case "word":
    case "ends":
    case "backoff":
    case "input":
    case "jobs":
    case "groups":
    case "units":
      return { type: "text", mayBeNull, as: mayBeNull ? "NULL" : "'false'" };
    case "path":
      return { type: "text", mayBeNull, as: "'/dev/null'" };
    case "variables":
      return { type: "text", mayBeNull, canRead: (text) => envOf(text) !== undefined, as: "'unreadable'" };
  }
}

/** What is needed to run a job: its id, its fields, and how often it was tried. */
const NEEDED: { readonly [Column in keyof JobRow]?: Stored } = {
  name: { type: "text", mayBeNull: true, as: "NULL" },
  ...Object.fromEntries(FIELD_COLUMNS.map((one) => [one.column, storedField(one)])),
  policy: { type: "text", mayBeNull: true, canRead: (text) => policyOf(text) !== undefined, as: "NULL" },
  last_attempt: {
    type: "integer",
    as: "max(attempts, (SELECT ifnull(max(attempt), 0) FROM attempts WHERE job = jobs.seq))",
  },
  attempts: { type: "integer", as: "0" },
  // As large as none is that is stored, or it is the right size.
  stdin_size: { type: "integer", mayBeNull: true, as: "0" },
  created_at: { type: "integer", as: "0" },
};
const COLUMNS = Object.entries(NEEDED) as [keyof JobRow, Stored][];

/** The column of a job without which it cannot be run and that cannot be read, if there is one. */
export function unreadableColumn(row: JobRow): keyof JobRow | undefined {
  return COLUMNS.find(([column, stored]) => !isReadable(row[column], stored))?.[0];
}

function isReadable(value: unknown, { type, mayBeNull, canRead }: Stored): boolean {
  if (value === null) return mayBeNull === true;
  if (type === "integer") return Number.isInteger(value);
  return typeof value === "string" && (canRead?.(value) ?? true);
}

const TO_PENDING = `
  UPDATE jobs SET state = 'pending'
  WHERE seq = ? AND state IN ${sqlList(WAITING)} AND ${mayBecome("pending")}`;
const TO_PROCESSING = `UPDATE jobs SET state = 'processing', held = 0 WHERE seq = ? AND ${
  mayBecome("processing")
}`;
const TO_DEAD =
  `UPDATE jobs SET state = 'dead', finished_at = ?, error = ?, paused_at = NULL WHERE seq = ? AND ${
    mayBecome("dead")
  }`;

/** Makes a job dead that waits or was just taken, and says which of its columns is the reason. */
export function layDown(db: Database, seq: number, { column, now }: { column: string; now: number }): void {
  db.run(TO_PENDING, seq);
  db.run(TO_PROCESSING, seq);
  db.run(TO_DEAD, now, `not started: its stored ${column} cannot be read`, seq);
}

/**
 * All columns in which a value that cannot be read is replaced. A job of an unreadable queue is in no lane, and is left
 * as it is; whether one is held is checked by the engine.
 */
const MENDED: Readonly<Record<string, Stored>> = {
  ...Object.fromEntries(COLUMNS.filter(([column]) => column !== "queue" && column !== "held")),
  started_at: { type: "integer", mayBeNull: true, as: "NULL" },
  finished_at: { type: "integer", mayBeNull: true, as: "NULL" },
  exit_code: { type: "integer", mayBeNull: true, as: "NULL" },
  signal: { type: "text", mayBeNull: true, as: "NULL" },
  error: { type: "text", mayBeNull: true, as: "NULL" },
  worker: { type: "text", mayBeNull: true, as: "NULL" },
  paused_at: { type: "integer", mayBeNull: true, as: "NULL" },
  checkpoint_size: { type: "integer", mayBeNull: true, as: "NULL" },
  snoozed_since: { type: "integer", mayBeNull: true, as: "NULL" },
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
  countGroupsAnew(db);
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
