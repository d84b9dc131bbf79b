/**
 * @module
 * A client of a server that dies, as of `kill -9`, before a round trip. All that a server and other clients see of that are
 * connections that are gone, in the middle of whatever they were: no process has to be started for each.
 */
import type { Store } from "../../src/store/contract.ts";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Database } from "../../src/store/postgres/engine/database.ts";
import { Connection, type Target } from "../../src/store/postgres/engine/driver.ts";
import { PostgresStore } from "../../src/store/postgres/store.ts";
import type { Home } from "../../src/system/home.ts";
import { until } from "./until.ts";

/** Of one client: what of it is still there. */
class Life {
  readonly died = Promise.withResolvers<void>();
  readonly #connections = new Set<Connection>();
  readonly #last: number;
  #steps = 0;
  #counts = false;
  #over = false;

  constructor(last: number) {
    this.#last = last;
  }

  begin(): void {
    this.#counts = true;
  }

  /** What the dead ask for is never answered. */
  ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.#counts && ++this.#steps === this.#last) this.#die();
    return this.#over ? new Promise(() => {}) : question();
  }

  opened(connection: Connection): Connection {
    this.#connections.add(connection);
    return connection;
  }

  /** The processes of the server that it spoke to. What was on its way to them may still be done. */
  get backends(): number[] {
    return Array.from(this.#connections, ({ backend }) => backend!);
  }

  #die(): void {
    this.#over = true;
    for (const connection of this.#connections) connection.close();
    this.died.resolve();
  }
}

const lives = new WeakMap<Target, Life>();
const owners = new WeakMap<Connection, Life>();

const { open } = Connection;
const { query, queries } = Connection.prototype;
Connection.open = (target, ear) => {
  const life = lives.get(target);
  if (!life) return open.call(Connection, target, ear);
  return life.ask(async () => {
    const connection = await open.call(Connection, target, ear);
    owners.set(connection, life);
    return life.opened(connection);
  });
};
Connection.prototype.query = function (...args) {
  const ask = () => query.apply(this, args) as ReturnType<typeof this.query<never>>;
  return owners.get(this)?.ask(ask) ?? ask();
};
Connection.prototype.queries = function (...args) {
  const ask = () => queries.apply(this, args);
  return owners.get(this)?.ask(ask) ?? ask();
};

/**
 * Has a client do something to the store at an address, and die before its `last`-th round trip, if it needs as many.
 * Returns whether it came to its end, once the server has noticed. What `prepare` asks for does not count.
 */
export async function doneBeforeDeath<T>(
  { address, home, last }: { address: string; home: Home; last: number },
  prepare: (store: Store) => Promise<T>,
  act: (store: Store, prepared: T) => Promise<void>,
): Promise<boolean> {
  const target = readAddress(address);
  const life = new Life(last);
  lives.set(target, life);
  const store = new PostgresStore(home, new Database(target), {});
  try {
    const prepared = await prepare(store);
    life.begin();
    const acted = act(store, prepared).then(() => true);
    const over = await Promise.race([acted, life.died.promise.then(() => false)]);
    if (!over) await areGone(readAddress(address), life.backends);
    return over;
  } finally {
    store.close();
  }
}

const LIMIT_MS = 60_000;
const THERE = "SELECT FROM pg_stat_activity WHERE pid = ANY ($1::int[])";

async function areGone(target: Target, backends: readonly number[]): Promise<void> {
  const connection = await Connection.open(target);
  try {
    await until("the server has noticed", async () => {
      const { rows } = await connection.query({ sql: THERE, values: [backends] }, LIMIT_MS);
      return rows.length === 0;
    });
  } finally {
    connection.close();
  }
}
