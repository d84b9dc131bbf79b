/**
 * @module
 * The store in PostgreSQL when the server dies, hangs or is away: what was acknowledged is there, what was not is there
 * once or not at all, and nobody waits for ever. Slow.
 */
import assert from "node:assert/strict";
import { StoreUnusable } from "../../src/domain/errors.ts";
import type { NewJob } from "../../src/domain/job.ts";
import type { Store } from "../../src/store/contract.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { enqueue, exchangeOf, newJob, newSupervisor, settlement, T0 } from "../helpers/jobs.ts";
import { newAddress, ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const shared = await postgresServer();

/** Does something until it works: what a supervisor does, too. */
async function patiently<T>(action: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof StoreUnusable)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

testWith(
  shared,
  "PostgreSQL: a server that is killed under load loses nothing, and makes nothing happen twice",
  async () => {
    await using server = await ownServer();
    using dir = tempDir();
    const address = newAddress(server);
    const stores: Store[] = [];
    const open = async () => {
      const store = await openPostgresStore(address, dir.home, {});
      stores.push(store);
      return store;
    };
    try {
      const store = await open();
      const settled = new Set<string>();
      const claimedTwice: string[] = [];
      const enqueued: string[] = [];
      let refused = 0;
      let kills = 0;
      let over = false;
      const supervisor = async (id: string) => {
        const store = await open();
        await patiently(() => store.register(newSupervisor(id)));
        const seen = new Set<string>();
        let running: string[] = [];
        while (!over || running.length > 0) {
          const free = over ? [] : Array.from({ length: 10 }, () => "w");
          const settlements = running.map((token) => settlement(token));
          const answer = await patiently(() => store.exchange(exchangeOf(id, { settlements, free })));
          refused += answer.refused.length;
          for (const token of running) settled.add(token);
          running = answer.claimed.map(({ token }) => token);
          for (const token of running) seen.has(token) ? claimedTwice.push(token) : seen.add(token);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      const enqueuer = async () => {
        const store = await open();
        while (!over) {
          try {
            enqueued.push(...await enqueue(store, {}, {}, {}));
          } catch (error) {
            assert.ok(error instanceof StoreUnusable, String(error));
            assert.doesNotMatch(error.message, /not known/);
          }
        }
      };
      const killer = async () => {
        for (; kills < 3; kills++) {
          const before = settled.size;
          await until("there is work done", () => settled.size > before + 50);
          await server.kill();
          await server.start();
        }
        over = true;
      };
      await Promise.all([...["s", "t", "u"].map(supervisor), enqueuer(), enqueuer(), killer()]);
      assert.deepEqual(claimedTwice, []);
      assert.equal(refused, 0);
      assert.equal(new Set(enqueued).size, enqueued.length);
      const { counts } = await patiently(() => store.summary(0));
      assert.deepEqual([counts.processing, counts.completed], [0, settled.size]);
      const ids = (await store.list({ limit: 1_000_000, sort: "oldest" })).jobs.map(({ id }) => id);
      assert.deepEqual(new Set(ids), new Set(enqueued));
      assert.deepEqual(await store.recount(), []);
    } finally {
      for (const one of stores) one.close();
    }
  },
);

testWith(shared, "PostgreSQL: a server that hangs makes nobody wait for longer than his limit", async () => {
  await using server = await ownServer();
  using dir = tempDir();
  const address = newAddress(server, { connect_timeout: "1" });
  const store = await openPostgresStore(address, dir.home, {});
  try {
    await store.register(newSupervisor("s"));
    server.signal("SIGSTOP");
    try {
      const start = performance.now();
      await assert.rejects(store.renew("s", T0), {
        name: "StoreUnusable",
        message: /^Cannot use the store "postgres:\/\/queuectl@\/postgres": no answer within \d+ seconds/,
      });
      await assert.rejects(openPostgresStore(address, dir.home, {}), {
        name: "StoreUnusable",
        message: 'Cannot use the store "postgres://queuectl@/postgres": no answer within 1 seconds',
      });
      assert.ok(performance.now() - start < 60_000);
    } finally {
      server.signal("SIGCONT");
    }
    assert.equal(await patiently(() => store.renew("s", T0)), true);
  } finally {
    store.close();
  }
});

testWith(
  shared,
  "PostgreSQL: very many jobs of which the server dies in the midst are not there",
  async () => {
    await using server = await ownServer();
    using dir = tempDir();
    const store = await openPostgresStore(newAddress(server), dir.home, {});
    try {
      let killed: Promise<void> | undefined;
      const jobs = manyJobs((n) => {
        if (n === 10_000) killed = server.kill().then(() => server.start());
      });
      await assert.rejects(store.enqueue(jobs, { now: T0, idFormat: "short" }), {
        name: "StoreUnusable",
        message: /; nothing was enqueued$/,
      });
      await killed;
      assert.deepEqual((await patiently(() => store.list({ limit: 10 }))).jobs, []);
      assert.deepEqual(await store.recount(), []);
    } finally {
      store.close();
    }
  },
);

/** Very many jobs; before each, its number is told. */
function* manyJobs(before: (n: number) => void): Iterable<NewJob> {
  for (let n = 0; n < 20_000; n++) {
    before(n);
    yield newJob();
  }
}

testWith(shared, "PostgreSQL: a store that is closed leaves nothing under way behind", async () => {
  using dir = tempDir();
  const address = newAddress(shared);
  for (const calls of [1, 1, 20]) { // by a connection that is there, and by some that are still being made
    const store = await openPostgresStore(address, dir.home, {});
    const asked = Array.from({ length: calls }, () => store.get("j1"));
    store.close();
    for (const { status } of await Promise.allSettled(asked)) assert.equal(status, "rejected");
  }
});
