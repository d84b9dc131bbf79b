/**
 * @module
 * Salvage: a new database with everything that can still be read of a damaged one. What cannot be read is left out,
 * and so is what makes no sense any more, or belongs to a row that could not be read. The damaged database is only
 * read.
 */
import { StoreUnusable } from "../../../domain/errors.ts";
import { directoryAbove } from "../../../system/directories.ts";
import type { Home } from "../../../system/home.ts";
import { Database, type Value } from "../engine/database.ts";
import { SCHEMA_VERSION } from "../engine/header.ts";
import { fillNewFile, removeDatabase } from "../engine/new_file.ts";
import { makeSchema } from "../new_schema.ts";
import { check, recount } from "../upkeep.ts";
import { mend } from "./mend.ts";
import { rowsOnPages } from "./pages.ts";
import { isSound, type Row } from "./sound.ts";
import { copyAsOneFile, nothingReadable, openDirectly, openSource, type Source } from "./source.ts";
import { type KeyRange, walkFromEnds, walkTable } from "./walk.ts";

/** The tables whose rows are saved, parents before children; counts are counted anew. */
export const TABLES = [
  "settings",
  "queues",
  "supervisors",
  "workers",
  "jobs",
  "inputs",
  "checkpoints",
  "attempts",
  "said",
  "results",
  "output",
  "figures",
  "overall_figures",
  "groups",
  "limits",
  "schedules",
  "schedule_runs",
  "needy",
  "needs",
  "ended",
  "requests",
  "batches",
  "staged",
  "staged_names",
  "staged_keys",
] as const;

/** A table whose rows are saved. */
export type Table = typeof TABLES[number];

/** Columns with numbers to walk along; the other tables are small. */
const KEYS: Partial<Record<Table, string>> = {
  jobs: "seq",
  inputs: "job",
  checkpoints: "job",
  attempts: "job",
  said: "job",
  results: "job",
  output: "piece",
  staged: "piece",
};

/** Of the tables without: in what order they stand in the file. */
const ORDERS: Partial<Record<Table, readonly string[]>> = {
  settings: ["key"],
  queues: ["name"],
  supervisors: ["id"],
  workers: ["id"],
  figures: ["span", "start", "queue"],
  overall_figures: ["span", "start"],
  groups: ["id"],
  schedules: ["name"],
  limits: ["name"],
  schedule_runs: ["schedule", "nth"],
  needy: ["job"],
  needs: ["job", "needs"],
  ended: ["turn"],
  requests: ["key"],
  batches: ["id"],
  staged_names: ["name"],
  staged_keys: ["key", "batch"],
};

export interface SavedTable {
  saved: number;
  /** Rows that were there and are not in the new database; null when nobody can tell how many. */
  lost: number | null;
}

export type Salvaged = Record<Table, SavedTable>;

/**
 * Writes what can be read of a home's database to a new file, with its owner's eyes only, which can take the place
 * of the database. Tables are walked in ranges of keys (see `salvage/walk.ts` for what happens to those that fail).
 *
 * @throws {Refused} when the file exists or cannot be made
 * @throws {StoreDamaged} when nothing can be read
 */
export async function salvage(home: Home, path: string): Promise<Salvaged> {
  return await fillNewFile({ path, purpose: "salvage", within: directoryAbove(path) }, async () => {
    const db = await Database.open({ ...home, dir: path, database: path });
    try {
      await makeTables(db, { ...home, database: path });
      using source = openSource(home, { scratch: `${path}-source`, template: path });
      checkVersion(source, home);
      const salvaged = await copyAll(source, db, () => openPages(home, `${path}-pages`));
      if (!Object.values(salvaged).some(({ saved }) => saved > 0)) throw nothingReadable(home);
      await finish(db);
      return salvaged;
    } finally {
      db.close();
    }
  });
}

/** How many jobs may be counted by reading each, at most; more take too long for a mere look. */
const MOST_COUNTED = 200_000;

/** How many jobs of a damaged database can be read, if that can be told quickly. */
export function survey(home: Home): { readable: number; of: number } | undefined {
  const db = openDirectly(home);
  if (!db) return undefined;
  using source: Source = { db, [Symbol.dispose]: () => db.close() };
  const of = ask(source, COUNTED) ?? undefined;
  if (of === undefined || of > MOST_COUNTED) return undefined;
  let readable = 0;
  walkKeys(source, "jobs", (rows) => readable += rows.length);
  return { readable, of };
}

async function makeTables(db: Database, home: Home): Promise<void> {
  db.exec("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL");
  await makeSchema(db, home);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // the file itself serves as the template
}

function checkVersion({ db }: Source, home: Home): void {
  const { version } = db.prepare("SELECT user_version AS version FROM pragma_user_version").get()!;
  if ((version as number) <= SCHEMA_VERSION) return;
  throw new StoreUnusable(`Cannot salvage "${home.database}": a newer queuectl wrote it; update queuectl`);
}

const COUNTED = "SELECT sum(n) AS n FROM counts";
/** How many rows there must have been, from what else is known; to be asked of the source, or of what was saved. */
const EXPECTED: Partial<Record<Table, { sql: string; of: "source" | "saved" }>> = {
  jobs: { sql: COUNTED, of: "source" },
  inputs: { sql: "SELECT count(stdin_size) AS n FROM jobs", of: "saved" },
  checkpoints: { sql: "SELECT count(checkpoint_size) AS n FROM jobs", of: "saved" },
  attempts: { sql: "SELECT sum(last_attempt) AS n FROM jobs", of: "saved" },
  output: { sql: "SELECT count(*) AS n FROM output", of: "source" }, // SQLite counts in an index
};

async function copyAll(source: Source, db: Database, open: () => Pages | undefined): Promise<Salvaged> {
  const salvaged: Partial<Salvaged> = {};
  db.exec("PRAGMA synchronous=OFF"); // all is flushed at the end
  for (const table of TABLES) {
    const saved = await copyTable(source, db, { table, open });
    // nobody knows what jobs had that nobody knows of
    if (
      ["attempts", "inputs", "checkpoints"].includes(table) && salvaged.jobs!.lost !== 0 && saved.lost === 0
    ) {
      saved.lost = null;
    }
    salvaged[table] = saved;
  }
  await db.write((db) => keepSequences(source, db));
  return salvaged as Salvaged;
}

async function copyTable(
  source: Source,
  db: Database,
  { table, open }: { table: Table; open: () => Pages | undefined },
): Promise<SavedTable> {
  const insert = inserter(db, table);
  let saved = 0;
  let refused = 0;
  const take = (rows: Row[]) => {
    for (const row of rows) {
      if (isSound(table, row) && insert(row)) saved += 1;
      else refused += 1;
    }
  };
  if (isFromLater(source, table)) return { saved: 0, lost: 0 };
  const all = await db.write((db) => {
    if (!KEYS[table]) return walkOthers(source, table, take);
    const gaps = walkKeys(source, table, take);
    if (gaps.length > 0) fillGaps(db, { table, gaps, open, take });
    return gaps.length === 0;
  });
  const { sql, of } = EXPECTED[table] ?? {};
  const there = sql === undefined ? undefined : of === "source" ? ask(source, sql) : countIn(db, sql);
  if (typeof there === "number") return { saved, lost: Math.max(0, there - saved) };
  return { saved, lost: all ? refused : null };
}

/** Whether the source was written before there was such a table. */
function isFromLater(source: Source, table: Table): boolean {
  return ask(source, `SELECT count(*) AS n FROM sqlite_schema WHERE name = '${table}'`) === 0;
}

/** The pages of a copy, to be read without SQLite. */
interface Pages extends Disposable {
  file: Deno.FsFile;
}

function openPages(home: Home, scratch: string): Pages | undefined {
  const file = copyAsOneFile(home, scratch);
  if (!file) removeDatabase(scratch);
  return file && {
    file,
    [Symbol.dispose]() {
      file.close();
      removeDatabase(scratch);
    },
  };
}

/** Takes rows whose keys lie in ranges that could not be read from wherever they stand in the file. */
function fillGaps(
  db: Database,
  { table, gaps, open, take }: {
    table: Table;
    gaps: KeyRange[];
    open: () => Pages | undefined;
    take: (rows: Row[]) => void;
  },
): void {
  using pages = open();
  if (!pages) return;
  const columns = columnsOf(db, table);
  const least = LEAST_COLUMNS[table]!;
  const key = KEYS[table]!;
  for (const { rowid, fields } of rowsOnPages(pages.file)) {
    if (fields.length < least || fields.length > columns.length) continue;
    if ((rowid === undefined) !== WITHOUT_ROWID.includes(table)) continue;
    const row = Object.fromEntries(fields.map((field, n) => [columns[n]!, field]));
    if (rowid !== undefined) row[key] = rowid;
    const n = row[key];
    if (typeof n === "number" && gaps.some(({ from, to }) => from <= n && n <= to)) take([row]);
  }
}

/** Of those with keys, the tables whose rows have no number of their own. */
const WITHOUT_ROWID: readonly Table[] = ["checkpoints", "attempts", "said", "results"];

/** By how many columns the rows of a table are recognised: as many as the first version had. */
const LEAST_COLUMNS: Partial<Record<Table, number>> = {
  jobs: 23,
  inputs: 2,
  attempts: 13,
  checkpoints: 2,
  said: 5,
  results: 3,
  output: 6,
  staged: 4,
};

function columnsOf(db: Database, table: Table): string[] {
  return db.all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`).map(({ name }) => name);
}

/** Inserts rows that fit, with the columns that both databases know. */
function inserter(db: Database, table: Table): (row: Row) => boolean {
  const known = columnsOf(db, table);
  let columns: string[] = [];
  let sql = "";
  return (row) => {
    if (sql === "" || columns.some((name) => !(name in row))) {
      columns = known.filter((name) => name in row);
      sql = `INSERT OR IGNORE INTO ${table} (${columns}) VALUES (${columns.map(() => "?")})`;
    }
    try {
      return db.run(sql, ...columns.map((name) => row[name] as Value)) > 0;
    } catch (error) {
      // its parent is missing, or a value is of the wrong type
      if (/constraint|cannot store/.test((error as Error).message)) return false;
      throw error;
    }
  };
}

/** Gives the rows of a table to `take`, and returns the ranges of keys that could not be read. */
function walkKeys(source: Source, table: Table, take: (rows: Row[]) => void): KeyRange[] {
  const key = KEYS[table]!;
  const { db } = source;
  const to = lastKey(source, table);
  if (to === undefined) return [{ from: 1, to: Infinity }];
  const read = db.prepare(
    `SELECT * FROM ${table} NOT INDEXED WHERE ${key} BETWEEN ? AND ? ORDER BY ${key}`,
  );
  const next = db.prepare(`SELECT min(${key}) AS key FROM ${table} NOT INDEXED WHERE ${key} >= ?`);
  return walkTable<Row>({
    range: { from: 1, to },
    read: ({ from, to }) => read.all(from, to) as Row[],
    next: (key) => next.get(key)?.key as number | null ?? undefined,
    take,
  });
}

/**
 * The highest key there can be: from the table's end, an index, or the numbers that were given out; undefined when
 * none of them can be read.
 */
function lastKey(source: Source, table: Table): number | undefined {
  const key = KEYS[table]!;
  const owner = key === "job" ? "jobs" : table;
  const sequence = `SELECT seq AS n FROM sqlite_sequence WHERE name = '${owner}'`;
  const asked = [sequence, `SELECT max(${key}) AS n FROM ${table}`, LAST_IN_INDEX[owner]!];
  const told = asked.map((sql) => ask(source, sql));
  const last = Math.max(0, ...told.map((n) => n ?? 0));
  return last === 0 && told.includes(undefined) ? undefined : last;
}

const LAST_IN_INDEX: Partial<Record<Table, string>> = {
  jobs: "SELECT max(seq) AS n FROM jobs INDEXED BY by_state WHERE queue >= ''",
  output: "SELECT max(piece) AS n FROM output INDEXED BY output_of WHERE job >= 0",
  staged: "SELECT max(piece) AS n FROM staged INDEXED BY staged_of WHERE batch >= ''",
};

function walkOthers({ db }: Source, table: Table, take: (rows: Row[]) => void): boolean {
  const orders = ORDERS[table]!;
  const sorted = (direction: string) => orders.map((column) => `${column} ${direction}`).join(", ");
  return walkFromEnds<Row>(
    ({ backwards, offset, limit }) =>
      db.prepare(`SELECT * FROM ${table} ORDER BY ${sorted(backwards ? "DESC" : "ASC")} LIMIT ? OFFSET ?`)
        .all(limit, offset) as Row[],
    take,
  );
}

/** A number from the source; null when there is none, undefined when it cannot be read. */
function ask({ db }: Source, sql: string): number | null | undefined {
  try {
    return db.prepare(sql).get()?.n as number | null ?? null;
  } catch {
    return undefined;
  }
}

function countIn(db: Database, sql: string): number {
  return db.get<{ n: number | null }>(sql)!.n ?? 0;
}

/** Numbers that were given out are not given out again, though the rows are gone. */
function keepSequences(source: Source, db: Database): void {
  for (const table of ["jobs", "output", "staged", "groups"]) {
    const last = ask(source, `SELECT seq AS n FROM sqlite_sequence WHERE name = '${table}'`);
    if (typeof last !== "number") continue;
    const changed = db.run("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", last, table);
    if (changed === 0) db.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, last);
  }
}

async function finish(db: Database): Promise<void> {
  await db.write(mend);
  db.exec("PRAGMA synchronous=FULL; PRAGMA wal_checkpoint(TRUNCATE)");
  const wrong = await db.read((db) => [...check(db), ...recount(db)]);
  if (wrong.length > 0) throw new Error(`What was salvaged does not hold together: ${wrong[0]}`);
}
