/**
 * @module
 * The driver, behind four verbs: a connection runs statements, runs several in one transaction and one round trip, hears
 * notices, and is closed. Nothing else knows which driver it is. Invariant: no call waits for longer than its limit,
 * whatever the network does; a connection that let one wait in vain is closed.
 */
import process from "node:process";
import driver from "npm:pg@8.23.1";
import { systemClock } from "../../../system/clock.ts";
import type { Server, Tls } from "./servers.ts";

/** What can be bound to a statement. Arrays are arrays of the server, too. */
export type Value = string | number | boolean | null | Uint8Array | readonly Value[];

/** A statement with its values. */
export interface Statement {
  sql: string;
  values?: readonly Value[];
  /** It comes again and again: the server reads it once a connection. */
  kept?: boolean;
}

/** What a statement gave. */
export interface Result<Row = Record<string, unknown>> {
  rows: Row[];
  /** How many rows it changed or gave. */
  count: number;
}

/** The connection was lost, or an answer did not come in time: nobody knows whether what was asked for happened. */
export class Lost extends Error {}

/** There was no connection: nothing of what was to be asked has happened. */
export class Unreachable extends Lost {}

/** What the server said against a statement; nothing of its transaction happened. */
export class ServerError extends Error {
  /** What else is to be said of it. */
  readonly detail: string;

  constructor(
    message: string,
    readonly code: string,
    readonly constraint: string | undefined,
    options?: ErrorOptions & { detail?: string },
  ) {
    super(message, options);
    this.detail = options?.detail ?? "";
  }
}

/** Where to connect to, and for how long to wait. */
export interface Target {
  /** Those that may take it, tried in their order. */
  servers(): Server[];
  connectLimitMs: number;
  /** Shown in the server's list of connections. */
  applicationName: string;
}

/** What PgBouncer says in statement mode, and the code that stands for it here. */
const STATEMENT_POOLER = /transaction blocks not allowed in statement pooling mode/i;
export const NO_TRANSACTIONS = "QU004";

/** What the driver says of a server without TLS. */
export const NO_TLS = "The server does not support SSL connections";
const TAKES_WRITES = "SELECT current_setting('transaction_read_only') AS off";

/** As much of the driver as is used. It comes without types. */
interface Driver {
  Client: new (options: Record<string, unknown>) => Client;
  DatabaseError: new (...args: never[]) => DatabaseError;
  types: { getTypeParser(oid: number, format?: string): (text: string) => unknown };
}

interface Client {
  connect(): Promise<void>;
  query(
    statement: { text: string; values?: readonly Value[]; name?: string },
  ): Promise<{ rows?: unknown[]; rowCount?: number | null }>;
  readonly processID: number | null;
  on(event: "error" | "end", listener: () => void): void;
  on(event: "notification", listener: (notice: { channel: string }) => void): void;
  readonly connection: { readonly stream: { destroy(): void } };
}

interface DatabaseError extends Error {
  code?: string;
  constraint?: string;
  detail?: string;
  where?: string;
  severity?: string;
}

const pg = driver as unknown as Driver;

/** Numbers of 64 bits are read as numbers: none that is stored is beyond what those hold. */
const INT8 = 20;
const types = {
  getTypeParser: (oid: number, format?: string) =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
};

/** Which of a target's servers answered last: it is asked first, since one that is away keeps everybody waiting. */
const answered = new WeakMap<Target, string>();

const nameOf = ({ host, port }: Server) => `${host}:${port}`;

/** What a connection tells of, and what ends the wait for it while it is being made. */
export interface Ear {
  onNotice?(channel: string): void;
  onLost?(): void;
  signal?: AbortSignal;
}

/** A connection, used by one caller at a time. */
export class Connection {
  /** The server at its other end. */
  readonly server: string;
  readonly #client: Client;
  /** Ends the wait for each answer that has not come. */
  readonly #waits = new Set<AbortController>();
  readonly #names = new Map<string, string>();
  #closed = false;

  private constructor(client: Client, server: string) {
    this.#client = client;
    this.server = server;
  }

  /** Connects. @throws {Unreachable} when nobody answers in time; {ServerError} when the server refuses */
  static async open(target: Target, ear: Ear = {}): Promise<Connection> {
    const last = answered.get(target);
    const all = target.servers();
    const servers = [
      ...all.filter((one) => nameOf(one) === last),
      ...all.filter((one) => nameOf(one) !== last),
    ];
    for (const [at, server] of servers.entries()) {
      try {
        const connection = await Connection.#openSecurely(server, target, ear);
        answered.set(target, connection.server);
        return connection;
      } catch (error) {
        // another may answer, or may know this user
        if (at === servers.length - 1 || ear.signal?.aborted) throw error;
      }
    }
    throw new Unreachable("it names no server");
  }

  /** Without TLS where that is not asked for and the server knows none. */
  static async #openSecurely(server: Server, target: Target, ear: Ear): Promise<Connection> {
    const { tls, writes } = server;
    let connection: Connection;
    try {
      connection = await Connection.#openOne(server, { ...target, tls }, ear);
    } catch (error) {
      if (!tls?.optional || (error as Error).message !== NO_TLS) throw error;
      connection = await Connection.#openOne(server, { ...target, tls: undefined }, ear);
    }
    if (!writes) return connection;
    const { rows } = await connection.query<{ off: string }>({ sql: TAKES_WRITES }, target.connectLimitMs);
    if (rows[0]?.off === "off") return connection;
    connection.close();
    throw new ServerError("it takes no writes", "25006", undefined);
  }

  static async #openOne(
    server: Server,
    { connectLimitMs, applicationName, tls }: Target & { tls: Tls | undefined },
    { onNotice, onLost, signal }: Ear,
  ): Promise<Connection> {
    signal?.throwIfAborted();
    const { host, port, user, password, aboutPassword, database, options } = server;
    const client = withoutVariables(() =>
      new pg.Client({
        host,
        port,
        user,
        password: password ?? (() => ""), // else the driver would look for one itself
        database,
        ssl: tls?.options ?? false,
        ...(options === undefined ? {} : { options }),
        connectionTimeoutMillis: 0, // we have our own limit
        application_name: applicationName,
        keepAlive: true,
        types,
        pipeline: true, // several statements in one round trip
      })
    );
    const connection = new Connection(client, nameOf(server));
    client.on("error", () => {
      connection.#closed = true;
      onLost?.();
    });
    client.on("end", () => {
      connection.#closed = true;
      onLost?.();
    });
    if (onNotice) client.on("notification", ({ channel }) => onNotice(channel));
    const giveUp = () => connection.close();
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      await connection.#within(connectLimitMs, client.connect());
    } catch (error) {
      connection.close();
      if (error instanceof ServerError && error.code === "28P01") {
        throw new ServerError(error.message, error.code, undefined, {
          cause: error.cause,
          detail: aboutPassword,
        });
      }
      throw error instanceof Lost ? new Unreachable(error.message, { cause: error.cause }) : error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
    return connection;
  }

  /** The process of the server that it was told of, which is not the one that answers where a pooler stands between. */
  get backend(): number | null {
    return this.#client.processID;
  }

  /** Nothing can be asked any more. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Runs a statement. */
  async query<Row>(statement: Statement, limitMs: number): Promise<Result<Row>> {
    this.#requireOpen();
    return await this.#within(limitMs, this.#send<Row>(statement));
  }

  /** Runs statements in a row, in one round trip. When one fails, what comes after it fails, too. */
  async queries(statements: readonly Statement[], limitMs: number): Promise<Result[]> {
    this.#requireOpen();
    const sent = statements.map((statement) => this.#send<Record<string, unknown>>(statement));
    const settled = await this.#within(limitMs, Promise.allSettled(sent));
    const failed = settled.find((one) => one.status === "rejected");
    if (failed) throw explained(failed.reason);
    return settled.map((one) => (one as PromiseFulfilledResult<Result>).value);
  }

  /** @throws {Lost} when it is closed: nothing would ever answer */
  #requireOpen(): void {
    if (this.#closed) throw new Lost("it was closed");
  }

  async #send<Row>({ sql, values, kept }: Statement): Promise<Result<Row>> {
    const name = kept ? { name: this.#nameOf(sql) } : {};
    try {
      const { rows, rowCount } = await this.#client.query({ text: sql, values, ...name });
      return { rows: (rows ?? []) as Row[], count: rowCount ?? 0 }; // several statements in one text give neither
    } catch (error) {
      throw withPrivilege(explained(error), sql);
    }
  }

  /** Under which the server keeps a statement. */
  #nameOf(sql: string): string {
    let name = this.#names.get(sql);
    if (name === undefined) this.#names.set(sql, name = `queuectl_${this.#names.size + 1}`);
    return name;
  }

  async #within<T>(limitMs: number, answer: Promise<T>): Promise<T> {
    const over = new AbortController();
    let answered = false;
    const late = systemClock.sleep(limitMs, over.signal).then(() => {
      if (answered) return undefined as never;
      const closed = this.#closed;
      this.close();
      throw new Lost(closed ? "it was closed" : `no answer within ${limitMs / 1000} seconds`);
    });
    answer.catch(() => {}); // it may come when nobody waits any more
    this.#waits.add(over);
    try {
      const result = await Promise.race([answer, late]);
      answered = true;
      return result;
    } catch (error) {
      answered = true;
      throw explained(error);
    } finally {
      this.#waits.delete(over);
      over.abort();
    }
  }

  /** Closes it at once; whatever is under way fails, and waits no longer. */
  close(): void {
    this.#closed = true;
    const { stream } =
      (this.#client as unknown as { connection: { stream: { destroy(): void } } }).connection;
    stream.destroy();
    for (const over of this.#waits) over.abort();
  }
}

/** What variables say is known already, and the driver would need permission to look at many more. */
function withoutVariables<T>(make: () => T): T {
  const { env } = process;
  process.env = {};
  try {
    return make();
  } finally {
    process.env = env;
  }
}

/** The server says what of, not which privilege is missing; the statement tells. */
function withPrivilege(error: unknown, sql: string): unknown {
  if (!(error instanceof ServerError) || error.code !== "42501") return error;
  const [, kind, name] = /^permission denied for (\w+) (.+)$/.exec(error.message) ?? [];
  if (kind === undefined) return error;
  const where = (error.cause as DatabaseError | undefined)?.where ?? ""; // within a function
  const detail = `${privilegeOn(kind, name!, `${sql}\n${where}`)} on ${kind} ${name}`;
  return new ServerError(error.message, error.code, undefined, { cause: error.cause, detail });
}

function privilegeOn(kind: string, name: string, sql: string): string {
  switch (kind) {
    case "schema":
      return "USAGE";
    case "database":
      return "CREATE";
    case "function":
      return "EXECUTE";
    case "table": {
      const [, verb] = new RegExp(`(INSERT INTO|UPDATE|DELETE FROM)\\s+"\\w+"\\.${name}\\b`).exec(sql) ?? [];
      if (verb !== undefined) return verb.split(" ")[0]!;
      if (!new RegExp(`"\\.${name}\\b`).test(sql)) return "a privilege";
      return /\bFOR (?:NO KEY |KEY )?(?:UPDATE|SHARE)\b/.test(sql) ? "UPDATE" : "SELECT"; // who locks may write
    }
    default:
      return "a privilege";
  }
}

/** As one of our own: the server's sentence, or a connection that was lost. */
function explained(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) {
    const { message, code = "", constraint, detail = "", severity } = error;
    // what ends the connection may have come after a commit
    if (STATEMENT_POOLER.test(message)) {
      return new ServerError(message, NO_TRANSACTIONS, undefined, { cause: error });
    }
    const ended = severity === "FATAL" || severity === "PANIC";
    const known = new ServerError(message, code, constraint, { cause: error, detail });
    return ended && /^(57P0[1-4]|08)/.test(code) ? new Lost(message, { cause: error }) : known;
  }
  if (error instanceof Lost || error instanceof ServerError || !(error instanceof Error)) return error;
  // what the driver itself says of a password that it lacks
  if (error.message.startsWith("SASL")) {
    return new ServerError(error.message, "28P01", undefined, { cause: error });
  }
  if (error instanceof Deno.errors.NotCapable || error instanceof TypeError) return error; // not the server's
  return new Lost(error.message, { cause: error });
}
