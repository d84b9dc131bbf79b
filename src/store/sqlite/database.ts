/**
 * @module
 * The connection to the database file: cached statements, transactions, and patience with a busy file.
 * Transactions run without an `await` inside, so that those of one process never mingle. Knows no tables.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { systemClock } from "../../clock.ts";
import { StoreUnusable } from "../../errors.ts";
import type { Home } from "../../home.ts";
import { explain, isBusy } from "./failures.ts";

/** What can be bound to a statement. */
export type Value = string | number | null | Uint8Array;

/** SQLite's own wait for a lock stops the thread: keep it short, and wait the rest without stopping it. */
const BLOCKING_WAIT_MS = 20;
/** The longest pause between two tries; each is a random part of it, so that those who wait do not march in step. */
const PAUSE_MS = 20;
/** How long a busy store makes us wait: longer than the largest bulk insert holds the lock. */
const PATIENCE_MS = 120_000;
/** The log is cut back to this size after a checkpoint, so that a long reader's aftermath does not stay for ever. */
const LOG_LIMIT = 16 * 1024 * 1024;

const PRAGMAS = `
  PRAGMA busy_timeout=${BLOCKING_WAIT_MS}; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;
  PRAGMA journal_size_limit=${LOG_LIMIT};`;

/** An open database. */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #home: Home;

  private constructor(home: Home) {
    this.#home = home;
    this.#connection = new DatabaseSync(home.database);
  }

  /** Opens the home's database file, which must exist. */
  static async open(home: Home): Promise<Database> {
    let db: Database | undefined;
    try {
      db = new Database(home);
      await db.patiently(() => db!.exec(PRAGMAS));
      return db;
    } catch (error) {
      db?.close();
      throw explain(error, home);
    }
  }

  /** The first row, or undefined. */
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  /** All rows. */
  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** Runs a statement and returns how many rows it changed. */
  run(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** Runs an INSERT and returns the number of the new row. */
  insert(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  /** Runs statements that are not worth keeping. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  /** Runs `work` on one unchanging view of the database. It may be run again, so it must only read. */
  read<T>(work: (db: Database) => T): Promise<T> {
    return this.patiently(() => {
      this.run("BEGIN");
      return this.#finish(work);
    });
  }

  /** Runs `work`, once, in a write transaction: all of it is on disk when the promise resolves, or nothing is. */
  async write<T>(work: (db: Database) => T): Promise<T> {
    return await this.patiently(() => {
      this.run("BEGIN IMMEDIATE"); // the only statement here that can find the database busy
      return this.#finish(work);
    });
  }

  /** Tries `action` until the database is not busy. */
  async patiently<T>(action: () => T): Promise<T> {
    const deadline = systemClock.monotonicMs() + PATIENCE_MS;
    while (true) {
      try {
        return action();
      } catch (error) {
        if (!isBusy(error)) throw explain(error, this.#home);
        if (systemClock.monotonicMs() > deadline) {
          throw new StoreUnusable(
            `Cannot use "${this.#home.database}": it is busy; another process has held it for ${
              PATIENCE_MS / 1000
            } seconds`,
          );
        }
      }
      await systemClock.sleep(Math.random() * PAUSE_MS);
    }
  }

  /** Closes the connection. Nothing else may be called any more. */
  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  /** The runtime's own object, for what only that can do. */
  get connection(): DatabaseSync {
    return this.#connection;
  }

  #finish<T>(work: (db: Database) => T): T {
    try {
      const result = work(this);
      this.run("COMMIT");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    try {
      this.run("ROLLBACK");
    } catch {
      // SQLite has rolled back already, as it does when the disk is full
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
