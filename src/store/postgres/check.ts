/**
 * @module
 * What there is to know of a server before it is relied on: whether it is reached and lets us do all that is needed,
 * how safe what it says it has stored is, and whether it has room for those who connect. Changes nothing.
 */
import { formatDuration } from "../../domain/duration.ts";
import { UserError } from "../../domain/errors.ts";
import type { Clock } from "../../system/clock.ts";
import { readAddress } from "./engine/address.ts";
import { Database, MOST_CONNECTIONS } from "./engine/database.ts";
import { heldOpen } from "./open_transactions.ts";
import { poolerOf } from "./pooler.ts";
import { lesserRole, missingPrivileges } from "./privileges.ts";
import { SCHEMA_VERSION, versionOf } from "./version.ts";

/** What was found. */
export interface ServerFinding {
  /** What was looked at, in a word or two. */
  check: string;
  /** A `problem` keeps it from working; a `warning` may one day, or already costs something. */
  level: "ok" | "warning" | "problem";
  found: string;
  /** What to do about it; null where nothing has to be done. */
  advice: string | null;
  /** It cannot be used at all, and every command ends with this exit code. */
  exitCode?: number;
}

/** How a server is looked at. */
export interface CheckOptions {
  clock: Clock;
  /** How long it is waited for; else as the address says. */
  timeoutMs?: number | undefined;
}

/** The oldest that knows all that is asked of it. */
const OLDEST = 13;
/** More is felt in what waits for its time. */
const TOLERATED_MS = 2000;
/** Of a supervisor: its calls, and one to listen with. */
const EACH = MOST_CONNECTIONS + 1;

/** Everything about the server of an address, up to where it cannot be used. */
export async function* checkServer(address: string, options: CheckOptions): AsyncGenerator<ServerFinding> {
  const read = readAddress(address);
  const db = new Database({ ...read, connectLimitMs: options.timeoutMs ?? read.connectLimitMs });
  try {
    yield* check(db, options);
  } catch (error) {
    const known = db.explain(error);
    if (!(known instanceof UserError)) throw known;
    yield { check: "server", level: "problem", found: known.message, advice: null, exitCode: known.exitCode };
  } finally {
    db.close();
  }
}

async function* check(db: Database, { clock }: CheckOptions): AsyncGenerator<ServerFinding> {
  const start = clock.monotonicMs();
  const server = (await db.get<ServerRow>(SERVER))!;
  const ms = clock.monotonicMs() - start;
  yield ok("server", `reached as ${server.role} in ${ms.toFixed(0)} ms`);
  const major = Math.floor(server.version_num / 10_000);
  yield major >= OLDEST
    ? ok("version", `PostgreSQL ${server.version}`)
    : problem("version", `PostgreSQL ${server.version}`, `it takes ${OLDEST} or newer`);
  yield await checkPooler(db);
  yield* checkSchema(db);
  yield* checkTls(db, server);
  yield* checkClock(server.now - (clock.now() - ms / 2));
  yield* checkDurability(server);
  yield* checkStandbys(server);
  yield await checkTransactions(db);
  yield await checkConnections(db, server);
}

interface ServerRow {
  role: string;
  version: string;
  version_num: number;
  now: number;
  ssl: string | null;
  socket: boolean;
  fsync: string;
  synchronous_commit: string;
  full_page_writes: string;
  standby: boolean;
  names: string;
  standbys: number;
  most: number;
  reserved: number;
  used: number;
}

const SERVER = `
  SELECT current_user AS role, current_setting('server_version') AS version,
    current_setting('server_version_num')::int AS version_num,
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now,
    (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS ssl,
    inet_client_addr() IS NULL AS socket,
    current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('full_page_writes') AS full_page_writes,
    pg_is_in_recovery() AS standby, current_setting('synchronous_standby_names') AS names,
    (SELECT count(*) FROM pg_stat_replication)::int AS standbys,
    current_setting('max_connections')::int AS most, current_setting('superuser_reserved_connections')::int AS reserved,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS used`;

async function checkPooler(db: Database): Promise<ServerFinding> {
  switch (await poolerOf(db)) {
    case "none":
      return ok("pooler", "none stands between");
    case "session":
      return ok("pooler", "one stands between, which lends a connection for as long as it is used");
    case "transaction":
      return warning(
        "pooler",
        "one stands between, which lends a connection for a transaction: nobody is told of changes",
        "give workers an address past it; else they look for jobs every poll_interval",
      );
    case "statement":
      return problem(
        "pooler",
        "one stands between, which lends a connection for a statement: there are no transactions",
        "pool_mode = transaction, or an address past it",
      );
  }
}

/** What those may do that `store roles` makes for less. */
const LESSER = {
  enqueuer: "those of who may enqueue, and nothing else",
  reader: "those of who may look, and nothing else",
};

async function* checkSchema(db: Database): AsyncGenerator<ServerFinding> {
  const { schema } = db.address;
  const lacking = await missingPrivileges(db);
  const lesser = lacking.length > 1 ? await lesserRole(db) : undefined;
  const missing = lesser === undefined ? lacking : [];
  const version = missing.some((one) => one.endsWith(`${schema}.meta`) || one.endsWith(`schema ${schema}`))
    ? undefined
    : await versionOf({ all: (sql, ...values) => db.read(sql, ...values) }, schema);
  if (missing.length > 0) {
    const list = missing.length > 6 ? [...missing.slice(0, 6), `${missing.length - 6} more`] : missing;
    yield problem(
      "privileges",
      `this user lacks ${list.join(", ")}`,
      "queuectl store roles prints what to grant",
    );
  } else yield ok("privileges", lesser === undefined ? "all that it takes" : LESSER[lesser]);
  if (!version) {
    if (missing.length === 0) {
      yield ok("schema", `${schema} is not there yet: whoever enqueues first makes it`);
    }
  } else if (version.oldest > SCHEMA_VERSION) {
    yield problem(
      "schema",
      `a newer queuectl wrote ${schema} (version ${version.version})`,
      "update queuectl",
    );
  } else if (version.version < SCHEMA_VERSION) {
    yield warning(
      "schema",
      `${schema} is of version ${version.version}, this queuectl writes ${SCHEMA_VERSION}`,
      "whoever uses it next brings it up to date",
    );
  } else yield ok("schema", `${schema}, version ${version.version}`);
}

function* checkTls(db: Database, { ssl, socket }: ServerRow): Generator<ServerFinding> {
  const local = db.address.servers().every(({ host }) =>
    host.startsWith("/") || /^(localhost|127\.|::1)/.test(host)
  );
  if (ssl !== null) yield ok("TLS", ssl);
  else if (socket || local) yield ok("TLS", "none, and it does not leave this machine");
  else {yield warning(
      "TLS",
      "none: whoever is between reads everything",
      "set up TLS there, and ?sslmode=verify-full",
    );}
}

function* checkClock(aheadMs: number): Generator<ServerFinding> {
  if (Math.abs(aheadMs) <= TOLERATED_MS) return yield ok("clock", "agrees with this machine's");
  const how = `${formatDuration(Math.round(Math.abs(aheadMs) / 1000) * 1000)} ${
    aheadMs > 0 ? "ahead of" : "behind"
  }`;
  yield warning("clock", `the server's is ${how} this machine's`, "set both right, for example by NTP");
}

function* checkDurability(server: ServerRow): Generator<ServerFinding> {
  const off = (["fsync", "full_page_writes"] as const).filter((name) => server[name] === "off");
  if (off.length > 0) {
    yield problem(
      "durability",
      `${off.join(" and ")} ${off.length > 1 ? "are" : "is"} off: a power cut may destroy everything`,
      `${off.join(" = on, ")} = on`,
    );
  }
  if (server.synchronous_commit === "off") {
    yield warning(
      "durability",
      "synchronous_commit is off: a crash of the server loses what was acknowledged moments before",
      "synchronous_commit = on",
    );
  } else if (off.length === 0) {
    yield ok(
      "durability",
      `what is acknowledged is on disk (synchronous_commit = ${server.synchronous_commit})`,
    );
  }
}

function* checkStandbys({ standby, standbys, names }: ServerRow): Generator<ServerFinding> {
  if (standby) {
    return yield problem(
      "failover",
      "this is a standby, which takes no writes",
      "name the primary, or all of them with ?target_session_attrs=read-write",
    );
  }
  if (standbys === 0) {
    return yield ok(
      "failover",
      "no standby follows: when the server is lost, so is what its last backup has not",
    );
  }
  const count = standbys === 1 ? "1 standby follows" : `${standbys} standbys follow`;
  if (names !== "") return yield ok("failover", `${count}; commits wait for ${names}`);
  yield warning(
    "failover",
    `${count} without being waited for: a failover loses the last jobs, and gives their numbers again`,
    "synchronous_standby_names = '*', or live with it",
  );
}

async function checkTransactions(db: Database): Promise<ServerFinding> {
  const held = await heldOpen(db);
  if (held === undefined) return ok("transactions", "none is open for long");
  return warning(
    "transactions",
    `${held}: what was deleted since cannot be cleaned up, and claiming becomes slower`,
    "end it, and set idle_in_transaction_session_timeout = 10min",
  );
}

async function checkConnections(
  db: Database,
  { most, reserved, used }: ServerRow,
): Promise<ServerFinding> {
  const supervisors = await db.get<{ n: number }>("SELECT count(*)::int AS n FROM queuectl.supervisors")
    .catch(() => undefined); // there is no schema yet, or it may not be read
  const free = most - reserved - used;
  const each = `each process of workers takes up to ${EACH}, ${supervisors?.n ?? 0} of which ${
    supervisors?.n === 1 ? "is" : "are"
  } there`;
  if (free >= 2 * EACH) return ok("connections", `${used} of ${most} are used; ${each}`);
  return warning("connections", `${used} of ${most} are used; ${each}`, "raise max_connections there");
}

function ok(check: string, found: string): ServerFinding {
  return { check, level: "ok", found, advice: null };
}

function warning(check: string, found: string, advice: string): ServerFinding {
  return { check, level: "warning", found, advice };
}

function problem(check: string, found: string, advice: string): ServerFinding {
  return { check, level: "problem", found, advice };
}
