/**
 * @module
 * Why a job that waits is not running.
 */
import assert from "node:assert/strict";
import { reasonsToWait } from "../../src/views/waiting.ts";
import { claim, newSupervisor } from "../helpers/jobs.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("only jobs that its own workers could take are ahead of a job", async () => {
  using test = await testStore();
  const { store, enqueue } = test;
  const now = Date.now();
  const worker = (id: string, queues: string[] | null) =>
    store.register(
      newSupervisor(id, {
        startedAt: now,
        leaseUntil: now + 60_000,
        workers: [{ id: `${id}-worker`, slots: 1, queues }],
      }),
    );
  await worker("s", ["a", "b"]);
  await worker("t", ["c"]);
  await enqueue("true", { queue: "a" });
  await claim(store, "s", { now, queues: ["a"] });
  for (const queue of ["a", "b", "c", "c"]) await enqueue("true", { queue });
  const id = await enqueue("true", { queue: "a" });
  const reasons = async () => await reasonsToWait((await store.get(id))!, { store, now });
  assert.deepEqual(await reasons(), ["every worker is busy", "2 jobs are ahead of it"]);
  await worker("all", null);
  assert.deepEqual(await reasons(), ["4 jobs are ahead of it"]);
});
