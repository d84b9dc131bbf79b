/**
 * @module
 * Plans that are kept stay right when the tables fill: an exchange of one job reads as little of many as of few, whether
 * it is dealt with alone or as many are; and an exchange of many whatever others keep from being tidied up.
 */
import assert from "node:assert/strict";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Database, inSchema } from "../../src/store/postgres/engine/database.ts";
import { Connection, type Result } from "../../src/store/postgres/engine/driver.ts";
import { type Answer, FEW, Request } from "../../src/store/postgres/exchange_call.ts";
import { LowWater } from "../../src/store/postgres/low_water.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import {
  claimOne,
  death,
  enqueue,
  exchangeOf,
  newJob,
  newSupervisor,
  settleAndTell,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { newAddress, ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const server = await postgresServer();
const LIMIT_MS = 60_000;
const TABLES = ["jobs", "ready", "running", "attempts", "counts", "tallies", "output"];
const MANY = 50_000;
/** Jobs that are claimed at once, and while a transaction is open. */
const BATCH = 250;
const TAKEN = 10_000;
/** Jobs that need the same one. */
const DEPENDENTS = 6000;
/** Jobs that take of a limit: several times what is laid at once. */
const LAID = 6000;
/** Of a chain: several times what is looked at at once. */
const LINKS = 500;

for (const few of [FEW, 0]) {
  testWith(
    server,
    `PostgreSQL: plans that were made while the store was empty are right when it is full${
      few > 0 ? "" : ", all at once"
    }`,
    async () => {
      using dir = tempDir();
      // one that others' tests use has so many tables made and dropped that backends read the catalogs again and again
      await using own = await ownServer();
      const address = newAddress(own);
      const { schema } = readAddress(address);
      const store = await openPostgresStore(address, dir.home, {});
      const connection = await Connection.open(readAddress(address));
      const run = (sql: string, values: Parameters<Connection["query"]>[0]["values"] = []) =>
        connection.query<Record<string, unknown>>({ sql: inSchema(sql, schema), values }, LIMIT_MS);
      const call = (settled?: string) =>
        new Request(exchangeOf("s", {
          free: ["s-worker"],
          settlements: settled === undefined ? [] : [settlement(settled)],
        })).statement({ number: undefined, few });
      const claim = async (settled?: string) => {
        const { sql, values } = call(settled);
        const { answer } = (await run(sql, values)).rows[0] as { answer: Answer };
        return answer.claimed![0]!.token;
      };
      /** Blocks read by an exchange that settles and claims one. */
      const blocks = async (settled: string) => {
        const { sql, values } = call(settled);
        const explained = (await run(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`, values)).rows[0]!;
        const [{ Plan }] = explained["QUERY PLAN"] as [{ Plan: Record<string, number> }];
        return Plan["Shared Hit Blocks"]! + Plan["Shared Read Blocks"]!;
      };
      try {
        await store.register(newSupervisor("s"));
        await enqueue(store, {}, {}, {});
        await claim(await claim());
        // pages that are not given back hold no rows, so all indexes seem alike
        for (const table of TABLES) {
          await run(`DELETE FROM queuectl.${table}`);
          await run(`VACUUM (ANALYZE, TRUNCATE OFF) queuectl.${table}`);
        }
        await enqueue(store, {}, {}, {}, {});
        const before = await blocks(await claim(await claim())); // plans are made by the first
        await run("DELETE FROM queuectl.running");
        await enqueue(store, ...Array.from({ length: MANY }, () => ({})));
        // when the server has looked at a table meanwhile (autovacuum), the next call reads the catalogs, too
        const after = Math.min(await blocks(await claim()), await blocks(await claim()));
        assert.ok(after < 2 * before + 50, `it reads ${after} blocks, and read ${before} before`);
      } finally {
        connection.close();
        store.close();
      }
    },
  );
}

testWith(
  server,
  "PostgreSQL: a transaction that stays open elsewhere makes claiming and settling of very many read no more than before",
  async () => {
    using dir = tempDir();
    await using own = await ownServer();
    const address = newAddress(own);
    const { schema } = readAddress(address);
    const store = await openPostgresStore(address, dir.home, {});
    const connection = await Connection.open(readAddress(address));
    const other = await Connection.open(readAddress(address));
    const run = (sql: string, values: Parameters<Connection["query"]>[0]["values"] = []) =>
      connection.query<Record<string, unknown>>({ sql: inSchema(sql, schema), values }, LIMIT_MS);
    const lowWater = new LowWater();
    const free = Array.from({ length: BATCH }, () => "s-worker");
    const wanted = (tokens: readonly string[]) =>
      exchangeOf("s", { free, settlements: tokens.map((token) => settlement(token)) });
    try {
      await store.register(newSupervisor("s"));
      await other.query({ sql: "BEGIN ISOLATION LEVEL REPEATABLE READ" }, LIMIT_MS);
      await other.query({ sql: "SELECT txid_current()" }, LIMIT_MS);
      await enqueue(store, ...Array.from({ length: TAKEN + 20 * BATCH }, () => ({})));
      let tokens: string[] = [];
      /** Takes so many more, each as soon as the one before has ended. */
      const take = async (count: number) => {
        for (let taken = 0; taken < count; taken += BATCH) {
          const exchange = wanted(tokens);
          const from = lowWater.from(exchange);
          const { sql, values } = new Request(exchange).statement({ number: undefined, few: FEW, from });
          const { answer } = (await run(sql, values)).rows[0] as { answer: Answer };
          const claimed = answer.claimed!;
          lowWater.found(exchange, from, { ...answer, claimed, tookMs: 1 });
          tokens = claimed.map(({ token }) => token);
        }
      };
      const counted = async () =>
        (await run(`
          SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))::integer AS n FROM pg_index
          WHERE indrelid IN ('queuectl.ready'::regclass, 'queuectl.running'::regclass)`)).rows[0]!
          .n as number;
      /** Places of jobs that the next exchange reads, whether they are taken, or have ended, or not. */
      const read = async () => {
        const exchange = () => wanted(tokens);
        const from = await until("it may go on after the last job that was taken", async () => {
          const place = lowWater.from(exchange());
          if (!place) await take(BATCH);
          return place;
        });
        const { sql, values } = new Request(exchange()).statement({ number: undefined, few: FEW, from });
        await run("BEGIN"); // what it counts is not reported meanwhile, and may be of earlier ones
        const before = await counted();
        await run(sql, values);
        const after = await counted();
        await run("ROLLBACK");
        return after - before;
      };
      await take(4 * BATCH);
      const before = await read();
      await take(TAKEN);
      const after = await read();
      assert.ok(after <= before + BATCH, `it reads ${after} places, and read ${before} before`);
    } finally {
      other.close();
      connection.close();
      store.close();
    }
  },
);

testWith(
  server,
  "PostgreSQL: those who need a job are found by its number, also where the server believes that all need the same one",
  async () => {
    using dir = tempDir();
    await using own = await ownServer();
    const address = newAddress(own);
    const store = await openPostgresStore(address, dir.home, {});
    const connection = await Connection.open(readAddress(address));
    const run = async (sql: string) =>
      (await connection.query<{ told: number; read: number }>(
        { sql: inSchema(sql, readAddress(address).schema) },
        LIMIT_MS,
      )).rows;
    try {
      await store.register(newSupervisor("s"));
      const all = [newJob(), ...Array.from({ length: DEPENDENTS }, () => newJob({ after: [0] }))];
      await store.enqueue(all, { now: T0, idFormat: "short" });
      await run("ANALYZE queuectl.jobs, queuectl.needs, queuectl.needy");
      const { token } = await claimOne(store, "s");
      await settleAndTell(store, "s", death(token));
      assert.equal((await store.summary(0)).counts.skipped, DEPENDENTS);
      store.close(); // what its connections have done is counted when they end
      const { read } = await until("that is counted", async () => {
        const [counted] = await run(`
          SELECT n_tup_upd::integer AS told, seq_tup_read::integer AS read FROM pg_stat_user_tables WHERE relname = 'needs'`);
        return counted?.told === DEPENDENTS ? counted : undefined;
      });
      assert.equal(read, 0, "rows were read by reading the whole table");
    } finally {
      connection.close();
      store.close();
    }
  },
);

testWith(
  server,
  "PostgreSQL: no statement of a transaction is compiled, however much it might read",
  async () => {
    const costly = `${newAddress(server)}&options=${encodeURIComponent("-c jit_above_cost=0")}`;
    const db = new Database(readAddress(costly));
    const explain = { sql: "EXPLAIN (ANALYZE, FORMAT JSON) SELECT count(*) FROM pg_class" };
    type Explained = { "QUERY PLAN": [{ JIT?: unknown }] };
    try {
      const [explained] = (await db.write([explain, { sql: "SELECT" }]))[0]!.rows as unknown as Explained[];
      assert.equal(explained!["QUERY PLAN"][0].JIT, undefined);
    } finally {
      db.close();
    }
  },
);

testWith(server, "PostgreSQL: what a chain is told takes no round trip for each of its links", async () => {
  using dir = tempDir();
  const store = await openPostgresStore(newAddress(server), dir.home, {});
  try {
    await store.register(newSupervisor("s"));
    const chain = Array.from({ length: LINKS }, (_, n) => newJob(n === 0 ? {} : { after: [n - 1] }));
    await store.enqueue(chain, { now: T0, idFormat: "short" });
    const { token } = await claimOne(store, "s");
    const asked = await askedBy(() => settleAndTell(store, "s", death(token)));
    assert.equal((await store.summary(0)).counts.skipped, LINKS - 1);
    assert.ok(asked.length < LINKS / 2, `${asked.length} round trips`);
  } finally {
    store.close();
  }
});

testWith(
  server,
  "PostgreSQL: jobs that take of a limit are laid by reading some, also before the server knows that there are many",
  async () => {
    using dir = tempDir();
    await using own = await ownServer({ config: "autovacuum = off" });
    const address = newAddress(own);
    const { schema } = readAddress(address);
    const store = await openPostgresStore(address, dir.home, {});
    const connection = await Connection.open(readAddress(address));
    const run = (sql: string, values: Parameters<Connection["query"]>[0]["values"] = []) =>
      connection.query<Record<string, unknown>>({ sql: inSchema(sql, schema), values }, LIMIT_MS);
    try {
      await store.register(newSupervisor("s"));
      await store.setLimit("api", { atOnce: 3 });
      await store.setQueue("default", { fair: true });
      await enqueue(
        store,
        ...Array.from({ length: LAID }, (_, n) => ({ takes: "api=1", label: `l${n % 100}` })),
      );
      const { sql, values } = new Request(exchangeOf("s", { free: ["s-worker"] }))
        .statement({ number: undefined, few: FEW });
      await run("BEGIN");
      assert.equal((await run(sql, values)).rows.length, 1);
      const [blocks] = (await run(`
      SELECT sum(pg_stat_get_xact_blocks_fetched(indexrelid))::integer AS n FROM pg_index
      WHERE indrelid IN ('queuectl.jobs'::regclass, 'queuectl.ready'::regclass, 'queuectl.sublanes'::regclass)`))
        .rows;
      await run("ROLLBACK");
      const n = blocks!.n as number;
      assert.ok(n <= 5 * LAID, `it reads ${n} blocks of indexes`);
    } finally {
      connection.close();
      store.close();
    }
  },
);

testWith(server, "PostgreSQL: enqueueing takes one round trip", async () => {
  using dir = tempDir();
  const store = await openPostgresStore(newAddress(server), dir.home, {});
  try {
    await enqueue(store, {}); // connects
    const asked = await askedBy(() => enqueue(store, { id: "named" }, {}));
    assert.match(asked[0]!, /^BEGIN;.*INSERT INTO \S+\.jobs .*INSERT INTO \S+\.requests .*COMMIT$/s);
    assert.deepEqual((await store.list({ limit: 9 })).jobs.map(({ id }) => id).toSorted(), [
      "j1",
      "j3",
      "named",
    ]);
  } finally {
    store.close();
  }
});

/** What is sent to the server meanwhile, at a time each. */
async function askedBy(work: () => Promise<unknown>): Promise<string[]> {
  const { query, queries } = Connection.prototype;
  const asked: string[] = [];
  Connection.prototype.query = function <Row>(...args: Parameters<typeof query>) {
    asked.push(args[0].sql);
    return query.apply(this, args) as Promise<Result<Row>>;
  };
  Connection.prototype.queries = function (...args) {
    asked.push(args[0].map(({ sql }) => sql).join("; "));
    return queries.apply(this, args);
  };
  try {
    await work();
    return asked;
  } finally {
    Object.assign(Connection.prototype, { query, queries });
  }
}
