/**
 * @module
 * The way to the database: a few connections, opened when they are needed; statements, transactions, and what is tried
 * again. Statements name tables as `queuectl.jobs`, whatever the schema is called. Knows no tables.
 */
import { StoreUnusable } from "../../../domain/errors.ts";
import { systemClock } from "../../../system/clock.ts";
import type { Address } from "./address.ts";
import {
  Connection,
  type Ear,
  Lost,
  type Result,
  type Statement,
  Unreachable,
  type Value,
} from "./driver.ts";
import { explain, mayTryAgain } from "./failures.ts";

/** How long an answer may take, unless the caller says otherwise. Longer than anybody holds a lock. */
const LIMIT_MS = 60_000;
/**
 * A transaction whose client is not heard of for so long is undone: nobody else should wait for one that is gone. And no
 * statement becomes machine code first, which takes a hundred times as long as what it does.
 */
const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${LIMIT_MS}; SET LOCAL jit = off`;
/** The same for one statement that finds its few rows by indexes: to start processes for it would take longer, too. */
const BEGIN_FEW = `${BEGIN}; SET LOCAL max_parallel_workers_per_gather = 0`;
/** At most so many connections: each is a process of the server. */
export const MOST_CONNECTIONS = 6;
/** What the server undid for the sake of others is done again, so often. */
const TRIES = 8;
/** The longest pause before that, which is random so that two do not meet again. */
const PAUSE_MS = 50;
/** How long a lost server is looked for, to be asked what has happened. */
const PATIENCE_MS = 10_000;
/** Between two looks for it. */
const RETRY_MS = 250;

/** How a call is made. */
export interface Limits {
  /** How long the answer may take. */
  limitMs?: number;
  /** It waits for no other call to give up its connection. */
  ahead?: boolean;
}

export class Database {
  readonly #address: Address;
  readonly #idle: Connection[] = [];
  readonly #used = new Set<Connection>();
  /** Those who wait for a connection, in order. */
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  /** Aborted once it is closed. */
  readonly #over = new AbortController();
  readonly #texts = new Map<string, string>();

  constructor(address: Address) {
    this.#address = address;
  }

  get address(): Address {
    return this.#address;
  }

  /** Reads: one statement, which sees one moment. Asked again when the connection was lost. */
  async read<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return await this.#explaining(async () =>
      (await this.#again(() => this.#on((one) => one.query<Row>(this.#text({ sql, values }), LIMIT_MS)))).rows
    );
  }

  /**
   * The same for what finds its rows by indexes, though the server may guess otherwise: it is not compiled, nor done by
   * several processes.
   */
  async readFew<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    const all = [{ sql: BEGIN_FEW }, this.#text({ sql, values }), { sql: "COMMIT" }];
    const results = await this.#explaining(() => this.#again(() => this.#allOrNone(all, LIMIT_MS)));
    return results[1]!.rows as Row[];
  }

  /** Reads one row, or undefined. */
  async get<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await this.read<Row>(sql, ...values))[0];
  }

  /** Statements in one transaction and one round trip: all of them or none. What was lost on the way may have happened. */
  async write(statements: readonly Statement[], limits: Limits = {}): Promise<Result[]> {
    return await this.#explaining(() => this.#known(() => this.tryWrite(statements, limits)));
  }

  /** The same for what may happen twice without harm: it is done again when the connection was lost. */
  async writeAgain(statements: readonly Statement[], limits: Limits = {}): Promise<Result[]> {
    return await this.#explaining(() => this.#again(() => this.tryWrite(statements, limits)));
  }

  /** The same, telling what went wrong in the words of the engine; for those who find out what has happened. */
  async tryWrite(
    statements: readonly Statement[],
    { limitMs = LIMIT_MS, ahead }: Limits = {},
  ): Promise<Result[]> {
    const all = statements.map((one) => this.#text(one));
    const most = ahead ? MOST_CONNECTIONS + 1 : MOST_CONNECTIONS;
    if (all.length === 1) {
      return await this.#undisturbed(() =>
        this.#on(async (one) => [await one.query(all[0]!, limitMs)], most)
      );
    }
    return (await this.#undisturbed(() =>
      this.#allOrNone([{ sql: BEGIN }, ...all, { sql: "COMMIT" }], limitMs, most)
    )).slice(1, -1);
  }

  /** A transaction in one round trip. */
  async #allOrNone(all: readonly Statement[], limitMs: number, most = MOST_CONNECTIONS): Promise<Result[]> {
    return await this.#on(async (one) => {
      try {
        return await one.queries(all, limitMs);
      } catch (error) {
        if (!one.isClosed) await one.query({ sql: "ROLLBACK" }, limitMs).catch(() => one.close());
        throw error;
      }
    }, most);
  }

  /** A transaction in which the one statement decides what comes next. Done anew when the server undid it for others. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return await this.#explaining(() => this.#known(() => this.tryTransaction(work)));
  }

  /** The same, telling what went wrong in the words of the engine. */
  async tryTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return await this.#undisturbed(() =>
      this.#on(async (one) => {
        const tx = new Transaction(one, (statement) => this.#text(statement));
        try {
          const result = await work(tx);
          await tx.commit();
          return result;
        } catch (error) {
          if (!one.isClosed && tx.isOpen) {
            await one.query({ sql: "ROLLBACK" }, LIMIT_MS).catch(() => one.close());
          }
          throw error;
        }
      })
    );
  }

  /** Asks until the server answers, or nobody may wait any more. */
  async untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    const start = systemClock.monotonicMs();
    while (true) {
      try {
        return await ask();
      } catch (error) {
        const late = systemClock.monotonicMs() - start > PATIENCE_MS;
        if (!(error instanceof Lost) || late || this.#over.signal.aborted) throw error;
      }
      await systemClock.sleep(RETRY_MS, this.#over.signal);
    }
  }

  /** A connection for one purpose, which its owner closes. */
  async connect(on: Ear): Promise<Connection> {
    const opened = await Connection.open(this.#address, on);
    this.#leaveOthersThan(opened);
    return opened;
  }

  /** Closes all connections, whatever is under way. Nothing else may be called any more. */
  close(): void {
    this.#over.abort();
    for (const one of [...this.#idle, ...this.#used]) one.close();
    this.#idle.length = 0;
    for (const wake of this.#waiting.splice(0)) wake(); // to be told that it is closed
  }

  /** An error in the words of queuectl. */
  explain(error: unknown): unknown {
    return explain(error, this.#address);
  }

  /** Does something with a connection that nobody else uses meanwhile. */
  async #on<T>(work: (connection: Connection) => Promise<T>, most = MOST_CONNECTIONS): Promise<T> {
    const connection = await this.#take(most);
    try {
      return await work(connection);
    } catch (error) {
      if (error instanceof Lost) this.#distrustIdle();
      throw error;
    } finally {
      this.#used.delete(connection);
      if (connection.isClosed || this.#over.signal.aborted) {
        connection.close();
        this.#open -= 1;
      } else this.#idle.push(connection);
      this.#waiting.shift()?.();
    }
  }

  /** What took one connection has taken the others, too, though nobody may have heard of it yet. */
  #distrustIdle(): void {
    for (const one of this.#idle.splice(0)) {
      one.close();
      this.#open -= 1;
    }
  }

  /** Where another server has taken over, nobody answers any more to what the one before was asked. */
  #leaveOthersThan({ server }: Connection): void {
    for (const one of [...this.#idle, ...this.#used]) if (one.server !== server) one.close();
  }

  /** One that is among the used from now on, so that `close` finds it. */
  async #take(most: number): Promise<Connection> {
    while (true) {
      const one = this.#idle.pop();
      if (one && !one.isClosed) {
        this.#used.add(one);
        return one;
      }
      if (one) {
        this.#open -= 1;
        continue;
      }
      if (this.#over.signal.aborted) throw new StoreUnusable(`The store "${this.#address.shown}" was closed`);
      if (this.#open < most) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#open += 1;
    try {
      const opened = await Connection.open(this.#address, { signal: this.#over.signal });
      this.#used.add(opened);
      this.#leaveOthersThan(opened);
      if (this.#over.signal.aborted) opened.close();
      return opened;
    } catch (error) {
      this.#open -= 1;
      this.#waiting.shift()?.();
      throw error;
    }
  }

  /** Does something anew when the server undid it so that others could go on. */
  async #undisturbed<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1;; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (!mayTryAgain(error) || tries === TRIES) throw error;
      }
      await systemClock.sleep(Math.random() * PAUSE_MS * tries, this.#over.signal);
    }
  }

  /** Does something once more when the connection was lost; where nobody answers, that was waited for already. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Lost) || error instanceof Unreachable || this.#over.signal.aborted) throw error;
      return await work();
    }
  }

  /** Says that nobody knows what has happened, where that is so. */
  async #known<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Lost) || error instanceof Unreachable) throw error;
      const { message } = this.explain(error) as Error;
      throw new StoreUnusable(`${message}; whether it was done is not known`, { cause: error });
    }
  }

  async #explaining<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.explain(error);
    }
  }

  #text({ sql, values, kept }: Statement): Statement {
    let text = this.#texts.get(sql);
    if (text === undefined) this.#texts.set(sql, text = inSchema(sql, this.#address.schema));
    return { sql: text, values, kept: kept && this.#address.prepare };
  }
}

/** A transaction under way. It begins with its first statement. */
export class Transaction {
  readonly #connection: Connection;
  readonly #text: (statement: Statement) => Statement;
  #begun = false;
  #over = false;

  constructor(connection: Connection, text: (statement: Statement) => Statement) {
    this.#connection = connection;
    this.#text = text;
  }

  /** It has begun and is not over. */
  get isOpen(): boolean {
    return this.#begun && !this.#over;
  }

  /** Runs a statement. */
  async all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    const [result] = await this.several([{ sql, values }]);
    return result!.rows as Row[];
  }

  /** Runs statements in a row, in one round trip. */
  async several(statements: readonly Statement[]): Promise<Result[]> {
    const begin = this.#begun ? [] : [{ sql: BEGIN }];
    this.#begun = true;
    const all = [...begin, ...statements.map((one) => this.#text(one))];
    return (await this.#connection.queries(all, LIMIT_MS)).slice(begin.length);
  }

  /**
   * Runs the last statements and commits, in one round trip. `after` is sent along, comes after the commit, and may fail
   * without harm.
   */
  async commit(statements: readonly Statement[] = [], after?: Statement): Promise<Result[]> {
    if (!this.#begun && statements.length === 0 || this.#over) return [];
    const committed = this.several([...statements, { sql: "COMMIT" }]);
    const done = after && this.#connection.query(this.#text(after), LIMIT_MS).catch(() => {});
    const results = await committed;
    this.#over = true;
    await done;
    return results.slice(0, -1);
  }
}

/** SQL for a schema: what stands in it as `queuectl.` is qualified with that. */
export function inSchema(sql: string, schema: string): string {
  return sql.replaceAll(/\bqueuectl\./g, () => `"${schema}".`);
}
