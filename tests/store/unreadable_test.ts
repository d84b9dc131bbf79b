/**
 * @module
 * Jobs with a value that nobody can read: each is dead and says why, and all others are run; and counts of them.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { ClaimedJob, Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { claim, enqueue, exchangeOf, newSupervisor, settlement } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";

const TOO_LARGE = "9223372036854775807";
const BYTES = "x'ff00'";

/** A value that cannot be read, for each column of a job that has not begun. */
const DAMAGE: readonly [column: string, value: string][] = [
  ["env", `'{"A": '`],
  ["env", `'[1]'`],
  ["env", `'"text"'`],
  ["env", `'{"A": 1}'`],
  ["env", BYTES],
  ["command", BYTES],
  ["cwd", BYTES],
  ["label", BYTES],
  ["name", BYTES],
  ["priority", TOO_LARGE],
  ["priority", `-${TOO_LARGE}`],
  ["last_attempt", TOO_LARGE],
  ["max_retries", TOO_LARGE],
  ["max_retries", "'many'"],
  ["timeout_ms", TOO_LARGE],
  ["timeout_ms", "1.5"],
  ["created_at", TOO_LARGE],
  ["created_at", BYTES],
  ["run_at", TOO_LARGE],
  ["run_at", `-${TOO_LARGE}`],
  ["stdin_size", TOO_LARGE],
  ["stdin_size", BYTES],
];

/** Writes a value into a job past all checks. */
function damage(path: string, { seq, column, value }: { seq: number; column: string; value: string }): void {
  spoil(path, `UPDATE jobs SET ${column} = ${value} WHERE seq = ${seq}`);
}

/** Runs a statement past all checks. */
function spoil(path: string, sql: string): void {
  {
    using db = new DatabaseSync(path, { defensive: false } as object);
    db.exec("PRAGMA writable_schema=1; UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')')");
  }
  using db = new DatabaseSync(path);
  db.exec(`PRAGMA ignore_check_constraints=1; ${sql}`);
}

for (
  const [what, sql] of [
    ["is gone", "DELETE FROM inputs"],
    ["has become shorter", "UPDATE inputs SET bytes = x'00'"],
    ["may never have been", "UPDATE jobs SET stdin_size = 0"],
  ] as const
) {
  Deno.test(`a job whose stdin ${what} is dead, and not run without it`, async () => {
    using dir = tempDir();
    const store = await openStore(dir.home);
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "damaged", stdin: new Uint8Array(9) });
    spoil(dir.home.database, sql);
    await enqueue(store, { id: "other" });
    assert.deepEqual((await claim(store, "s", { count: 9 })).map(({ id }) => id), ["other"]);
    const { state, error } = (await store.get("damaged"))!;
    assert.deepEqual([state, error], ["dead", "not started: its stored stdin cannot be read"]);
    store.close();
  });
}

for (const [column, value] of DAMAGE) {
  Deno.test(`a job whose ${column} is ${value} is dead and keeps no other from being claimed`, async () => {
    using dir = tempDir();
    const store = await openStore(dir.home);
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "damaged" }, { id: "other" }, { id: "elsewhere", queue: "b" });
    const { seq } = (await store.get("damaged"))!;
    damage(dir.home.database, { seq, column, value });
    const claimed = await claim(store, "s", { count: 5 });
    assert.deepEqual(claimed.map(({ id }) => id).sort(), ["elsewhere", "other"]);
    const [dead] = (await store.list({ state: "dead", limit: 10 })).jobs;
    assert.deepEqual([dead!.seq, dead!.error], [seq, `not started: its stored ${column} cannot be read`]);
    assert.deepEqual(await store.recount(), []);
    store.close();
  });
}

Deno.test("a job that cannot be read has ended for its group, too", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await store.register(newSupervisor("s"));
  await enqueue(store, { id: "damaged", group: "g" }, { id: "other", group: "g" });
  damage(dir.home.database, { seq: (await store.get("damaged"))!.seq, column: "env", value: BYTES });
  assert.deepEqual((await claim(store, "s", { count: 5 })).map(({ id }) => id), ["other"]);
  const { open, ended } = (await store.group("g"))!;
  assert.deepEqual([open, ended.dead], [1, 1]);
  assert.deepEqual(await store.recount(), []);
  store.close();
});

Deno.test("a job that cannot be read takes nothing of a limit", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await store.register(newSupervisor("s"));
  await store.setLimit("api", { atOnce: 1 });
  await enqueue(store, { takes: "api=1", stdin: new Uint8Array(9) }, { id: "other", takes: "api=1" });
  spoil(dir.home.database, "DELETE FROM inputs");
  assert.deepEqual((await claim(store, "s", { count: 5 })).map(({ id }) => id), ["other"]);
  assert.deepEqual(await store.recount(), []);
  store.close();
});

Deno.test("a job of an unreadable queue keeps no other from being claimed", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await store.register(newSupervisor("s"));
  await enqueue(store, {}, {}, { env: { A: "b" } });
  damage(dir.home.database, { seq: 1, column: "queue", value: BYTES });
  damage(dir.home.database, { seq: 3, column: "env", value: BYTES });
  assert.deepEqual((await claim(store, "s", { count: 5 })).map(({ id }) => id), ["j2"]);
  assert.equal((await store.get("j3"))!.state, "dead");
  store.close();
});

/** What a count may be that nobody can go on from. */
const COUNTS = [TOO_LARGE, `-${TOO_LARGE}`, "-1", BYTES, "'many'", "1.5"];

for (const state of ["pending", "processing"]) {
  for (const value of COUNTS) {
    Deno.test(`a count of ${state} jobs that is ${value} keeps none from being claimed, and no limit is passed`, async () => {
      using dir = tempDir();
      const store = await openStore(dir.home);
      await store.register(newSupervisor("s"));
      await store.setQueue("a", { concurrency: 2 });
      await enqueue(store, { queue: "a" }, { queue: "a" }, { queue: "a" }, { queue: "b" });
      const before = await claim(store, "s", { count: 1 });
      spoil(dir.home.database, `UPDATE counts SET n = ${value} WHERE queue = 'a' AND state = '${state}'`);
      const claimed = [...before, ...await claim(store, "s", { count: 5 })];
      await settleAll(store, claimed);
      const later = await claim(store, "s", { count: 5 });
      assert.deepEqual(claimed.map(({ id }) => id).sort(), ["j1", "j2", "j4"]);
      assert.deepEqual(later.map(({ id }) => id), ["j3"]);
      // a number that fits is gone on from; the recount tells it
      const tells = state === "pending" && value === TOO_LARGE ? 1 : 0;
      assert.equal((await store.recount()).length, tells);
      store.close();
    });
  }
}

Deno.test("a count that is less than what is there keeps no attempt from being settled", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await store.register(newSupervisor("s"));
  await enqueue(store, {}, {});
  const claimed = await claim(store, "s", { count: 5 });
  spoil(dir.home.database, "UPDATE counts SET n = 1 WHERE state = 'processing'");
  await settleAll(store, claimed);
  assert.deepEqual(await store.states(["j1", "j2"]), ["completed", "completed"]);
  assert.deepEqual(await store.recount(), []);
  store.close();
});

async function settleAll(store: Store, claimed: readonly ClaimedJob[]): Promise<void> {
  await store.exchange(exchangeOf("s", { settlements: claimed.map(({ token }) => settlement(token)) }));
}
