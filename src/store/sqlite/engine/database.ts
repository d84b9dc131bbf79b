/**
 * @module
 * The connection to the database file: cached statements, transactions, and patience with a busy file.
 * Transactions run without an `await` inside, so that those of one process never mingle. Nothing is committed to,
 * and nothing read from, a file that has been deleted or replaced meanwhile, or whose tables a newer version of this
 * program has changed. Knows no tables.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { StoreBusy, StoreFull, StoreGone, StoreUnusable } from "../../../domain/errors.ts";
import { type Clock, systemClock } from "../../../system/clock.ts";
import type { Home } from "../../../system/home.ts";
import { throwReason } from "../../../system/runtime.ts";
import { explain, isBusy } from "./failures.ts";
import { type Identity, identityOf } from "./identity.ts";

/** What can be bound to a statement. */
export type Value = string | number | null | Uint8Array;

/** SQLite's own wait for a lock stops the thread: keep it short, and wait the rest without stopping it. */
const BLOCKING_WAIT_MS = 8;
/**
 * The longest pause between two tries; each is a random part of it, so that those who wait do not march in step. It
 * grows with the wait: at first, the pauses that others make between two transactions must not be missed.
 */
const PAUSE_MS = { first: 4, last: 20, after: 2000 };
/** Who writes one transaction after the other lets others have their turn so often, */
const OTHERS_MS = 40;
/** and waits for so long until they have had it. */
const TURN_MS = 100;
/** Who wrote nothing for so long has let them have it. */
const BREAK_MS = 20;
/** How long a busy store makes us wait: longer than the largest bulk insert holds the lock. */
const PATIENCE_MS = 120_000;
/** The log is cut back to this size after a checkpoint, so that a long reader's aftermath does not stay for ever. */
const LOG_LIMIT = 16 * 1024 * 1024;

/** How often the file may be another one before and after it was opened: being opened may move it, once. */
const OPENINGS = 3;

/** On a Mac, only `fullfsync` makes the drive itself write; elsewhere the two change nothing. */
const PRAGMAS = `
  PRAGMA busy_timeout=${BLOCKING_WAIT_MS}; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;
   PRAGMA fullfsync=1; PRAGMA checkpoint_fullfsync=1; PRAGMA journal_size_limit=${LOG_LIMIT};`;
/** What `PRAGMA synchronous` gives for FULL. */
const FULL = 2;

export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #home: Home;
  readonly #clock: Clock;
  readonly #others: Deno.FsFile[] = [];
  readonly #file: Identity;
  #heldMs = 0;
  /** When the last write transaction ended, and since when one came after the other. */
  #wroteMs = -Infinity;
  #busySinceMs = -Infinity;
  /** Throws where the tables are not what this program knows. */
  #checkVersion: ((version: number) => void) | undefined;

  private constructor(home: Home, clock: Clock) {
    this.#home = home;
    this.#clock = clock;
    for (let opening = 1;; opening += 1) {
      const before = identityOf(home.database);
      // SQLite would make a file where there is none, for everybody to read
      if (before === undefined || opening > OPENINGS) throw gone(home);
      const connection = new DatabaseSync(home.database);
      if (identityOf(home.database) === before) {
        this.#connection = connection;
        this.#file = before;
        return;
      }
      connection.close();
    }
  }

  /**
   * Opens the home's database file, which must exist. On a full disk, that takes from the reserve if it may. `clock`
   * says how long a busy one was waited for.
   */
  static async open(
    home: Home,
    { reserve = false, clock = systemClock }: { reserve?: boolean; clock?: Clock } = {},
  ): Promise<Database> {
    const open = () => Database.#open(home, clock);
    return reserve ? await orFromReserve(home, open) : await open();
  }

  static async #open(home: Home, clock: Clock): Promise<Database> {
    let db: Database | undefined;
    try {
      db = new Database(home, clock);
      await db.patiently(() => {
        db!.exec(PRAGMAS);
        db!.#checkFlushing();
      });
      return db;
    } catch (error) {
      db?.close();
      const { whyNoCompanions } = await import("./no_companions.ts");
      throw whyNoCompanions((error as Error).cause ?? error, home) ?? explain(error, home);
    }
  }

  /** Acknowledging means that it is on disk: an engine that was built to do less must not be used. */
  #checkFlushing(): void {
    const { synchronous } = this.get<{ synchronous: number }>("PRAGMA synchronous")!;
    if (synchronous === FULL) return;
    throw new StoreUnusable(
      `Cannot use "${this.#home.database}": this SQLite does not flush every commit to disk ` +
        `(synchronous is ${synchronous})`,
    );
  }

  /** From now on, each transaction begins with what `check` says of the `user_version` that it finds. */
  watchVersion(check: (version: number) => void): void {
    this.#checkVersion = check;
  }

  /** The first row, or undefined. */
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

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

  /**
   * Runs `work` on one unchanging view of the database. It may be run again, so it must only read.
   * @throws {StoreGone} when the file is not at its place any more
   */
  read<T>(work: (db: Database) => T): Promise<T> {
    return this.patiently(() => {
      this.#checkPlace(); // or whoever waits for a change would wait for ever
      this.run("BEGIN");
      return this.#finish(work);
    });
  }

  /**
   * Runs `work` in a write transaction: all of it is on disk when the promise resolves, or nothing is. On a full disk
   * it takes from the reserve, and is then run again, unless it is to leave that alone.
   * @throws {StoreGone} when the file is not at its place any more
   */
  async write<T>(work: (db: Database) => T, { reserve = true }: { reserve?: boolean } = {}): Promise<T> {
    if (this.#clock.monotonicMs() - this.#busySinceMs > OTHERS_MS) await this.#letOthersWrite();
    const write = () => this.patiently(() => this.#transact(work));
    return reserve ? await orFromReserve(this.#home, write) : await write();
  }

  /**
   * The same without a flush to disk, and without the reserve: after a power cut it may not have happened, nor anything
   * after it that was written like this. The next `write` of whatever process flushes it, too.
   */
  writeUnflushed<T>(work: (db: Database) => T): Promise<T> {
    return this.patiently(() => {
      this.exec("PRAGMA synchronous=NORMAL");
      try {
        return this.#transact(work);
      } finally {
        this.exec("PRAGMA synchronous=FULL");
      }
    });
  }

  /**
   * Flushes what was written unflushed, as far as that needs no lock that others wait for; the next `write` sees to the
   * rest.
   */
  flush(): Promise<void> {
    return this.patiently(() => void this.get("PRAGMA wal_checkpoint(PASSIVE)"));
  }

  /** The same, while foreign keys are neither checked nor followed: for the schema alone. */
  async writeWithoutForeignKeys<T>(work: (db: Database) => T): Promise<T> {
    const write = () =>
      this.patiently(() => {
        this.exec("PRAGMA foreign_keys=OFF"); // in a transaction, it would do nothing
        try {
          return this.#transact(work);
        } finally {
          this.exec("PRAGMA foreign_keys=ON");
        }
      });
    return await orFromReserve(this.#home, write);
  }

  #transact<T>(work: (db: Database) => T): T {
    this.run("BEGIN IMMEDIATE"); // the only statement here that can find the database busy
    const start = this.#clock.monotonicMs();
    try {
      return this.#finish((db) => {
        const result = work(db);
        this.#checkPlace(); // last, since the work may take a while
        return result;
      });
    } finally {
      this.#wroteMs = this.#clock.monotonicMs();
      this.#heldMs = this.#wroteMs - start;
    }
  }

  /** Waits until whoever waits for the lock has had it, unless this one has just let it be free for long. */
  async #letOthersWrite(): Promise<void> {
    const start = this.#clock.monotonicMs();
    if (start - this.#wroteMs < BREAK_MS) {
      const { isAnybodyWaiting } = await import("./knocks.ts");
      while (isAnybodyWaiting(this.#home, this.#clock.now()) && this.#clock.monotonicMs() - start < TURN_MS) {
        await this.#clock.sleep(1);
      }
    }
    this.#busySinceMs = this.#clock.monotonicMs();
  }

  /** How long the last write transaction kept others from writing, its flush and whatever else ran meanwhile included. */
  get heldMs(): number {
    return this.#heldMs;
  }

  /** Tries `action` until the database is not busy. */
  async patiently<T>(action: () => T): Promise<T> {
    const start = this.#clock.monotonicMs();
    let knocks: typeof import("./knocks.ts") | undefined;
    while (true) {
      try {
        const result = action();
        knocks?.comeIn(this.#home);
        return result;
      } catch (error) {
        if (!isBusy(error)) throw this.#explain(error);
        if (this.#clock.monotonicMs() - start > PATIENCE_MS) {
          throw new StoreBusy(
            `Cannot use "${this.#home.database}": it is busy; another process has held it for ${
              PATIENCE_MS / 1000
            } seconds`,
          );
        }
      }
      knocks ??= await import("./knocks.ts");
      knocks.knock(this.#home, this.#clock.now());
      const isLong = this.#clock.monotonicMs() - start > PAUSE_MS.after;
      await this.#clock.sleep(Math.random() * (isLong ? PAUSE_MS.last : PAUSE_MS.first));
    }
  }

  /** Closes the connection. Nothing else may be called any more. */
  close(): void {
    this.#statements.clear();
    this.#connection.close();
    for (const other of this.#others) other.close();
  }

  /** Closes another handle on the database's file, too, but only once the connection needs its locks no more. */
  closeAlso(file: Deno.FsFile): Deno.FsFile {
    this.#others.push(file);
    return file;
  }

  /** The runtime's own object, for what only that can do. */
  get connection(): DatabaseSync {
    return this.#connection;
  }

  /** @throws {StoreGone} when the file is not the one that was opened */
  #checkPlace(): void {
    if (this.#isGone()) throw gone(this.#home);
  }

  #isGone(): boolean {
    return identityOf(this.#home.database) !== this.#file;
  }

  /** What SQLite says of a file that was pulled from under it is about disks and permissions, and misleads. */
  #explain(error: unknown): unknown {
    const known = explain(error, this.#home);
    const ofStore = known instanceof StoreUnusable && !(known instanceof StoreGone);
    return ofStore && this.#isGone() ? gone(this.#home) : known;
  }

  #finish<T>(work: (db: Database) => T): T {
    try {
      if (this.#checkVersion) {
        this.#checkVersion(this.get<{ user_version: number }>("PRAGMA user_version")!.user_version);
      }
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
      statement = this.#prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #prepare(sql: string): StatementSync {
    try {
      return this.#connection.prepare(sql);
    } catch (error) {
      throwReason(error, () => this.exec("SELECT 1 FROM sqlite_schema LIMIT 1"));
      throw error;
    }
  }
}

/** Does something, with the help of the reserve when the disk is full. */
async function orFromReserve<T>(home: Home, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof StoreFull)) throw error;
    const { fromReserve } = await import("../../reserve.ts");
    return await fromReserve(home, action);
  }
}

function gone(home: Home): StoreGone {
  return new StoreGone(
    `The home "${home.dir}" is gone: it was deleted or replaced while queuectl was using it`,
  );
}
