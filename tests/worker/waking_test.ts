/**
 * @module
 * What a supervisor does by itself at the right time, when neither the doorbell nor its poll tells it to look.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
import { runningSupervisor, startSupervisor, storeWith } from "../helpers/supervisor.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

const HOUR_MS = 3_600_000;
const TEN_YEARS_MS = 3652 * 24 * HOUR_MS;

/**
 * A home whose poll comes too late for every test, and the same store without a doorbell. `before` is told of each
 * exchange, with the number of those before it.
 */
async function quietStore(
  before: (count: number) => void | Promise<void> = () => {},
): Promise<{ test: TestStore; store: Store }> {
  const test = await testStore();
  await test.set({ poll_interval: String(HOUR_MS / 1000) });
  let count = 0;
  const store = storeWith(test.store, {
    listen: () => ({ [Symbol.dispose]() {} }),
    async exchange(wanted) {
      await before(count++);
      return await test.store.exchange(wanted);
    },
  });
  return { test, store };
}

Deno.test("a job starts when it is due, though nothing else happens then", async () => {
  // Once it looks, since all that happens at the start would wake it, too.
  const { test, store } = await quietStore(async (count) => {
    if (count > 0) return;
    for (const ms of [200, 500]) await test.enqueue("true", { id: `in-${ms}`, runAt: Date.now() + ms });
  });
  using _ = test;
  await using _supervisor = await runningSupervisor(test, { store });
  for (const id of ["in-200", "in-500"]) {
    const { startedAt, runAt } = await test.reaches(id, "completed");
    assert.ok(startedAt! >= runAt!);
  }
});

Deno.test("jobs are claimed until there are none, though there are many more than slots", async () => {
  const { test, store } = await quietStore();
  using _ = test;
  const ids = [];
  for (let i = 0; i < 12; i++) ids.push(await test.enqueue(i % 4 === 0 ? "sleep 0.05" : "true"));
  const supervisor = await startSupervisor(test, { store, slots: 2, burst: true });
  assert.equal(await supervisor.run(), "stopped");
  for (const id of ids) assert.equal((await test.store.get(id))!.state, "completed");
});

Deno.test("slots that one exchange leaves free are filled by the next, though nothing happens in between", async () => {
  const { test, store } = await quietStore();
  using _ = test;
  const slots = 51; // an exchange claims 50
  for (let i = 0; i < slots; i++) await test.enqueue("exec sleep 1000");
  await using _supervisor = await runningSupervisor(test, { store, slots });
  await until(
    "all of them are claimed",
    async () => (await test.store.summary(0)).counts.processing === slots,
  );
});

Deno.test("a job that is due in ten years keeps nobody busy until then", async () => {
  let exchanges = 0;
  const { test, store } = await quietStore(() => void exchanges++);
  using _ = test;
  const id = await test.enqueue("true", { runAt: Date.now() + TEN_YEARS_MS });
  const others = [await test.enqueue("sleep 0.3"), await test.enqueue("true")];
  await using _supervisor = await runningSupervisor(test, { store, slots: 2 });
  for (const other of others) await test.reaches(other, "completed");
  assert.ok(exchanges < 30, `${exchanges} exchanges for two jobs`);
  assert.equal((await test.store.get(id))!.state, "scheduled");
});
