/**
 * @module
 * The database in a home as one end of a copy. While it is copied to, no program opens it, since it looks as if a newer
 * one had written it.
 */
import { Refused } from "../../domain/errors.ts";
import type { Home } from "../../system/home.ts";
import {
  BEING_COPIED,
  COPIED,
  type CopiedFigures,
  type CopiedTable,
  type CopyMark,
  type CopyTarget,
  MARK,
  type Numbers,
  type Plain,
  type Row,
} from "../rules/copied.ts";
import { rebuildEmptied } from "./emptied.ts";
import { Database } from "./engine/database.ts";
import { SCHEMA_VERSION } from "./engine/header.ts";
import { putFigures } from "./figures.ts";
import { rebuildLanes } from "./lanes.ts";
import { openSqliteStore } from "./open.ts";

/** A store that is there. @throws {Refused} while jobs are being enqueued by the thousand, or that was broken off */
export async function openSource(home: Home): Promise<SqliteCopy> {
  const db = await Database.open(home);
  if (await db.read((db) => db.get("SELECT 1 FROM batches LIMIT 1"))) {
    db.close();
    throw new Refused(
      `Cannot copy "${home.database}" while jobs are being enqueued; where that was broken off, run queuectl doctor first`,
    );
  }
  return new SqliteCopy(home, db);
}

/** A store that may not be there yet, or that is being copied to. */
export async function openTarget(home: Home): Promise<SqliteCopy> {
  if (!await isBeingCopied(home)) (await openSqliteStore(home, {})).close();
  return new SqliteCopy(home, await Database.open(home));
}

async function isBeingCopied(home: Home): Promise<boolean> {
  try {
    if (Deno.statSync(home.database).size === 0) return false;
  } catch {
    return false; // it is not there
  }
  const db = await Database.open(home);
  try {
    return await db.read((db) => versionIn(db)) === BEING_COPIED;
  } finally {
    db.close();
  }
}

function versionIn(db: Database): number {
  return db.get<{ user_version: number }>("PRAGMA user_version")!.user_version;
}

const EMPTIES = [...COPIED.map(({ name }) => name), "figures", "overall_figures", "supervisors", "batches"];
const DERIVED = [
  "sublane_gates",
  "gate_starts",
  "sublanes",
  "gates",
  "counts",
  "lanes",
  "emptied",
  "figures",
  "overall_figures",
];

class SqliteCopy implements CopyTarget {
  readonly #home: Home;
  readonly #db: Database;

  constructor(home: Home, db: Database) {
    this.#home = home;
    this.#db = db;
  }

  close(): void {
    this.#db.close();
  }

  columns(table: CopiedTable): Promise<string[]> {
    return this.#db.read((db) => columnsOf(db, table));
  }

  rows(table: CopiedTable, after: readonly Plain[] | undefined): Promise<Row[]> {
    const { name, key, atOnce } = table;
    const where = [
      ...(name === "settings" ? [`key <> '${MARK}'`] : []),
      ...(after === undefined ? [] : [`(${key.join(", ")}) > (${key.map(() => "?").join(", ")})`]),
    ];
    return this.#db.read((db) =>
      db.all<Row>(
        `SELECT ${columnsOf(db, table).join(", ")} FROM ${name} ${
          where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""
        } ORDER BY ${key.join(", ")} LIMIT ${atOnce}`,
        ...after ?? [],
      )
    );
  }

  count({ name }: CopiedTable): Promise<number> {
    const but = name === "settings" ? `WHERE key <> '${MARK}'` : "";
    return this.#db.read((db) => db.get<{ n: number }>(`SELECT count(*) AS n FROM ${name} ${but}`)!.n);
  }

  numbers(): Promise<Numbers> {
    return this.#db.read((db) => {
      const of = (name: string) =>
        db.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = ?", name)?.seq ?? 0;
      return { jobs: of("jobs"), output: of("output"), groups: of("groups") };
    });
  }

  mark(): Promise<CopyMark | undefined> {
    return this.#db.read(markIn);
  }

  isEmpty(): Promise<boolean> {
    return this.#db.read((db) =>
      EMPTIES.every((name) => db.get(`SELECT 1 FROM ${name} LIMIT 1`) === undefined)
    );
  }

  setMark(mark: CopyMark): Promise<void> {
    return this.#db.write((db) => {
      noteMark(db, mark);
      db.exec(`PRAGMA user_version=${BEING_COPIED}`);
    });
  }

  wipe(mark: CopyMark): Promise<void> {
    return this.#write(mark, (db) => {
      for (const { name } of [...COPIED].reverse()) db.run(`DELETE FROM ${name}`);
      for (const name of DERIVED) db.run(`DELETE FROM ${name}`);
      noteMark(db, mark);
    });
  }

  /** @throws {Refused} when another one copies now */
  #write(mark: CopyMark, work: (db: Database) => void): Promise<void> {
    return this.#db.write((db) => {
      if (markIn(db)?.run !== mark.run) {
        throw new Refused(`Cannot go on copying to "${this.#home.database}": another copy to it has begun`);
      }
      work(db);
    });
  }

  lastKey({ name, key }: CopiedTable): Promise<Plain[] | undefined> {
    const but = name === "settings" ? `WHERE key <> '${MARK}'` : "";
    return this.#db.read((db) => {
      const row = db.get<Row>(
        `SELECT ${key.join(", ")} FROM ${name} ${but} ORDER BY ${
          key.map((one) => `${one} DESC`).join(", ")
        } LIMIT 1`,
      );
      return row && key.map((one) => row[one]!);
    });
  }

  put(table: CopiedTable, rows: readonly Row[], mark: CopyMark): Promise<void> {
    return this.#write(mark, (db) => {
      const columns = columnsOf(db, table).filter((column) => column in rows[0]!);
      const insert = `INSERT INTO ${table.name} (${columns.join(", ")}) VALUES (${
        columns.map(() => "?").join(", ")
      })`;
      for (const row of rows) db.run(insert, ...columns.map((column) => row[column]!));
    });
  }

  async finish(figures: CopiedFigures, numbers: Numbers, mark: CopyMark): Promise<void> {
    await this.#write(mark, (db) => {
      for (const name of DERIVED) db.run(`DELETE FROM ${name}`);
      db.exec(`
        DELETE FROM ended;
        INSERT INTO ended (job) SELECT seq FROM jobs WHERE needed = 1;
        INSERT INTO ended (job) SELECT -id FROM groups WHERE needed = 1;
        INSERT INTO ended (job, state) SELECT DISTINCT needs, 'cancelled' FROM needs
          WHERE decided IS NULL AND needs NOT IN (SELECT seq FROM jobs) AND -needs NOT IN (SELECT id FROM groups);
        INSERT INTO counts (queue, state, n, held) SELECT queue, state, count(*), sum(held) FROM jobs GROUP BY 1, 2;`);
      rebuildLanes(db);
      for (const { span, overall, queues } of figures) {
        for (const { start, figures } of overall) putFigures(db, figures, { spans: [{ span, start }] });
        for (const { start, figures, queue } of queues) {
          putFigures(db, figures, { spans: [{ span, start }], queue });
        }
      }
      rebuildEmptied(db);
      for (const [name, n] of Object.entries(numbers)) {
        db.run("DELETE FROM sqlite_sequence WHERE name = ?", name);
        db.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", name, n);
      }
      db.run("DELETE FROM settings WHERE key = ?", MARK);
      db.exec(`PRAGMA user_version=${SCHEMA_VERSION}`);
    });
  }
}

function columnsOf(db: Database, { name, left }: CopiedTable): string[] {
  return db.all<{ name: string }>(`SELECT name FROM pragma_table_info('${name}')`).map(({ name }) => name)
    .filter((column) => !left.includes(column));
}

function markIn(db: Database): CopyMark | undefined {
  const row = db.get<{ value: string }>("SELECT value FROM settings WHERE key = ?", MARK);
  return row && JSON.parse(row.value);
}

function noteMark(db: Database, mark: CopyMark): void {
  db.run(
    "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    MARK,
    JSON.stringify(mark),
  );
}
