/**
 * @module
 * Supervisors prune by themselves, as the settings say at that time.
 */
import assert from "node:assert/strict";
import { FakeClock } from "../helpers/fake_clock.ts";
import { claimOne, enqueue, exchangeOf, newSupervisor, settlement } from "../helpers/jobs.ts";
import { runningSupervisor, startSupervisor, storeWith } from "../helpers/supervisor.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

const DAY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;

/** Jobs that were completed some days ago, by their age. */
async function completed(test: TestStore, clock: FakeClock, days: readonly number[]): Promise<void> {
  await test.store.register(newSupervisor("past"));
  for (const age of days) {
    const at = clock.now() - age * DAY_MS;
    await enqueue(test.store, { id: `day-${age}` });
    const { token } = await claimOne(test.store, "past", at);
    const settlements = [settlement(token, { finishedAt: at })];
    await test.store.exchange(exchangeOf("past", { now: at, settlements }));
  }
  await test.store.leave("past");
}

async function left(test: TestStore): Promise<string[]> {
  return (await test.store.list({ limit: 100 })).jobs.map(({ id }) => id).sort();
}

Deno.test("old jobs are pruned by the workers, and a changed retention holds from then on", async () => {
  using test = await testStore();
  const clock = new FakeClock();
  await completed(test, clock, [31, 29, 3]);
  await test.set({ retention: "0" });
  await using _supervisor = await runningSupervisor(test, { clock });
  const pass = async (what: string, condition: (ids: string[]) => boolean) => {
    await until(what, async () => {
      await clock.pass(MINUTE_MS);
      return condition(await left(test));
    });
  };
  await clock.pass(2 * MINUTE_MS);
  assert.equal((await left(test)).length, 3, "0 keeps them");
  await test.set({ retention: "30d" });
  await pass("the oldest is gone", (ids) => !ids.includes("day-31"));
  assert.deepEqual(await left(test), ["day-29", "day-3"]);
  await test.set({ retention: "7d" });
  await pass("the next is gone", (ids) => !ids.includes("day-29"));
  assert.deepEqual(await left(test), ["day-3"]);
});

Deno.test("a burst prunes, too, when all of its jobs have ended before it came to that", async () => {
  using test = await testStore();
  const clock = new FakeClock();
  await completed(test, clock, [35, 34, 33, 3]);
  await test.enqueue("true");
  const settled = Promise.withResolvers<void>();
  const store = storeWith(test.store, {
    async prune(kept, step) {
      await settled.promise;
      return await test.store.prune(kept, { ...step, limit: 1 });
    },
  });
  const unusual = { store, clock, settled: () => settled.resolve(), burst: true };
  let over = false;
  const ran = (await startSupervisor(test, unusual)).run().then(() => over = true);
  await until("it has stopped", async () => {
    if (clock.wakesIn(25)) await clock.pass(25); // between two steps
    return over;
  });
  await ran;
  assert.deepEqual((await left(test)).filter((id) => id.startsWith("day-")), ["day-3"]);
});
