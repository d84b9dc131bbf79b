/**
 * @module
 * What is wrong, a sentence each: over HTTP, and as `status` says it.
 */
import assert from "node:assert/strict";
import { testApplication } from "../helpers/application.ts";
import { claim, death, exchangeOf, newSupervisor } from "../helpers/jobs.ts";

Deno.test("status says what is wrong, the worst first", async () => {
  using place = await testApplication();
  const { test: { store, enqueue }, clock } = place;
  const says = async () =>
    (await place.send("GET", "/status")).json.troubles.map(({ says }: { says: string }) => says);
  assert.deepEqual(await says(), []);
  for (const queue of ["mail", "mail", "etl", "gpu", "bulk"]) await enqueue("false", { queue });
  assert.deepEqual(await says(), ["No worker is running; 5 jobs wait"]);
  const workers = [{ id: "s-worker", slots: 4, queues: ["mail", "etl", "bulk"] }];
  const now = clock.now();
  await store.register(newSupervisor("s", { startedAt: now, leaseUntil: now + 3_600_000, workers }));
  const dead = await claim(store, "s", { count: 3, now, queues: ["mail", "etl"] });
  await store.exchange(exchangeOf("s", { now, settlements: dead.map(({ token }) => death(token)) }));
  await store.setQueue("bulk", { paused: true });
  assert.deepEqual(await says(), [
    "Nobody serves gpu; 1 waits",
    "mail: 2 jobs are dead with the same error",
    "etl: 1 job is dead",
    "bulk is paused; 1 waits",
  ]);
  const { queues, of } = (await place.send("GET", "/troubled-queues?limit=3")).json;
  assert.deepEqual([queues.map(({ name }: { name: string }) => name), of], [["bulk", "gpu", "mail"], 4]);
  assert.deepEqual([queues[2].workers, queues[1].workers, queues[2].counts.dead], [1, 0, 2]);
  const one = (await place.send("GET", "/queues/mail")).json;
  assert.deepEqual([one.failed.length, one.oldest_pending_at], [12, null]);
});
