/**
 * @module
 * The store in PostgreSQL when an answer is lost on its way: what had happened is found out, and what had not is done
 * once.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Database } from "../../src/store/postgres/engine/database.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { type Lossy, lossy } from "../helpers/lossy.ts";
import {
  claim,
  claimOne,
  enqueue,
  exchangeOf,
  newSupervisor,
  settle,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { newAddress, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const server = await postgresServer();

function test(sentence: string, run: (store: Store, way: Lossy) => Promise<void>): void {
  testWith(server, `PostgreSQL: ${sentence}`, async () => {
    await using way = lossy(server);
    using dir = tempDir();
    const store = await openPostgresStore(newAddress(way.server), dir.home, {});
    try {
      await run(store, way);
      assert.deepEqual(await store.recount(), []);
    } finally {
      store.close();
    }
  });
}

test("an exchange whose answer was lost gives what it gave", async (store, way) => {
  await store.register(newSupervisor("s"));
  await enqueue(store, {}, {}, {});
  const first = await claimOne(store, "s");
  const settlements = [settlement(first.token), settlement("nobody's"), settlement(crypto.randomUUID())];
  way.mode = "lose answer";
  const { claimed, refused } = await store.exchange(exchangeOf("s", { settlements, free: ["w1", "w2"] }));
  assert.equal(way.lost, 1);
  assert.deepEqual(claimed.map(({ id, worker }) => [id, worker]), [["j2", "w1"], ["j3", "w2"]]);
  assert.deepEqual(refused.toSorted(), [settlements[1]!.token, settlements[2]!.token].toSorted());
  for (const { token, ...job } of claimed) assert.deepEqual(await store.get(job.id), job, token);
  assert.deepEqual(await store.states(["j1", "j2", "j3"]), ["completed", "processing", "processing"]);
  assert.deepEqual((await settle(store, "s", ...claimed.map(({ token }) => settlement(token)))).refused, []);
});

test(
  "an exchange that never arrived is made again, and when it arrives after all, it is refused",
  async (store, way) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {});
    way.mode = "hold request";
    const claimed = await claim(store, "s");
    assert.deepEqual([way.lost, claimed.map(({ id }) => id)], [1, ["j1"]]);
    await way.deliver();
    assert.deepEqual((await store.running("s")).map(({ job }) => job.id), ["j1"]);
    assert.deepEqual(await store.states(["j2"]), ["pending"]);
    assert.deepEqual((await claim(store, "s")).map(({ id }) => id), ["j2"]);
  },
);

test(
  "the first exchange after one of which nothing was heard for long brings what that one gave",
  async (store, way) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {}, {});
    const { token } = await claimOne(store, "s");
    const piece = (start: number) => ({ stream: "stdout" as const, start, bytes: new Uint8Array([start]) });
    const brought = {
      settlements: [settlement(token)],
      output: [{ token, pieces: [piece(0)] }],
      free: ["w1", "w2"],
    };
    way.mode = "lose answer";
    const asked = store.exchange(exchangeOf("s", { ...brought, free: ["w1"] }));
    const failed = assert.rejects(asked, { name: "StoreUnusable" });
    while (way.lost === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    way.mode = "silent";
    await failed;
    way.mode = "pass";
    const { claimed, refused } = await store.exchange(exchangeOf("s", brought));
    assert.deepEqual(claimed.map(({ id, worker }) => [id, worker]), [["j2", "w1"], ["j3", "w2"]]);
    assert.deepEqual(refused, []);
    assert.equal((await store.output("j1", 1)).length, 1, "what was printed is stored once");
  },
);

test("jobs of which it was not heard that they were enqueued are enqueued once", async (store, way) => {
  way.mode = "lose answer";
  assert.deepEqual(await enqueue(store, {}, { id: "a" }), ["j1", "a"]);
  way.mode = "hold request";
  const [id] = await enqueue(store, { command: "b" });
  await way.deliver();
  assert.equal(way.lost, 2);
  const { jobs } = await store.list({ limit: 9, sort: "oldest" });
  assert.deepEqual(jobs.map((job) => job.id), ["j1", "a", id]);
});

test("who does not hear that he has taken over hears what", async (store, way) => {
  for (const id of ["s", "t"]) await store.register(newSupervisor(id));
  await enqueue(store, {}, {});
  const tokens = (await claim(store, "s", { count: 2 })).map(({ token }) => token);
  way.mode = "lose answer";
  way.passing = 1; // whose they are is read first
  assert.deepEqual((await store.takeOver("s", "t"))!.toSorted(), tokens.toSorted());
  assert.equal(way.lost, 1);
  assert.deepEqual((await store.running("t")).length, 2);
});

test("a supervisor that does not hear that it is registered is, once", async (store, way) => {
  way.mode = "lose answer";
  await store.register(newSupervisor("s"));
  assert.equal(way.lost, 1);
  assert.deepEqual((await store.workers()).map(({ id }) => id), ["s-worker"]);
});

test("what may have been done is said to be not known", async (store, way) => {
  await enqueue(store, {});
  way.mode = "lose answer";
  await assert.rejects(store.cancel(["j1"], T0), {
    name: "StoreUnusable",
    message: /: the connection was lost; whether it was done is not known$/,
  });
  way.mode = "pass";
});

testWith(
  server,
  "PostgreSQL: where another server answers now, nobody waits for the one before it",
  async () => {
    await using one = lossy(server);
    await using two = lossy(server);
    const hostOf = ({ url }: typeof server) => new URLSearchParams(url!.split("?")[1]).get("host")!;
    const hosts = encodeURIComponent(`${hostOf(one.server)},${hostOf(two.server)}`);
    const db = new Database(readAddress(`postgres://queuectl@/postgres?host=${hosts}&connect_timeout=1`));
    const asked: string[] = [];
    try {
      await db.read("SELECT 1");
      one.mode = "silent";
      db.writeAgain([{ sql: "SELECT 1" }], { limitMs: 3_600_000 }).then(() => asked.push("before"));
      await db.read("SELECT 1");
      await until("what the first was asked was asked again", () => asked.length > 0);
      two.mode = "silent";
      one.mode = "pass";
      db.writeAgain([{ sql: "SELECT 1" }], { limitMs: 3_600_000 }).then(() => asked.push("after"));
      (await db.connect({})).close();
      await until("what the second was asked was asked again", () => asked.length > 1);
    } finally {
      db.close();
    }
  },
);
