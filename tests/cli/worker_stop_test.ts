/**
 * @module
 * `queuectl worker stop --wait`: it returns when those that were told have gone, and not before.
 */
import assert from "node:assert/strict";
import { command as stop } from "../../src/cli/commands/worker/stop.ts";
import { bePresent, presencePath } from "../../src/system/presence.ts";
import { runWithin } from "../helpers/in_process.ts";
import { newSupervisor } from "../helpers/jobs.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

async function register(test: TestStore, id: string): Promise<void> {
  await test.store.register(newSupervisor(id, { leaseUntil: Date.now() + 3_600_000 }));
}

Deno.test("worker stop --wait returns when all that were told have gone, and not before", async () => {
  using test = await testStore();
  for (const id of ["a", "b"]) await register(test, id);
  const stopping = runWithin(test.store, stop, { flags: { wait: true } });
  assert.equal(await Promise.race([stopping.waits, stopping.ended]), "waits");
  await register(test, "later"); // it was not told, and is not waited for
  let ended = false;
  stopping.ended.then(() => ended = true);
  await test.store.leave("a");
  assert.equal((await test.store.workers()).length, 2);
  assert.equal(ended, false, "one of two is still there");
  await test.store.leave("b");
  const { code, json } = await stopping.ended;
  assert.deepEqual([code, json.stopped.toSorted()], [0, ["a-worker", "b-worker"]]);
});

Deno.test("worker stop --wait --id waits for that worker alone", async () => {
  using test = await testStore();
  for (const id of ["a", "b"]) await register(test, id);
  const stopping = runWithin(test.store, stop, { flags: { wait: true, id: "b-worker" } });
  assert.equal(await Promise.race([stopping.waits, stopping.ended]), "waits");
  await test.store.leave("b");
  assert.deepEqual(await stopping.ended, { code: 0, json: { stopped: ["b-worker"] } });
  assert.equal((await test.store.workers()).length, 1);
});

Deno.test("worker stop without --wait returns at once, and with nobody there so does --wait", async () => {
  using test = await testStore();
  const nobody = runWithin(test.store, stop, { flags: { wait: true } });
  assert.deepEqual(await nobody.ended, { code: 0, json: { stopped: [] } });
  await register(test, "a");
  const told = runWithin(test.store, stop);
  assert.deepEqual(await told.ended, { code: 0, json: { stopping: ["a-worker"] } });
});

Deno.test("worker stop --wait waits for a process that lives, also past its lease", async () => {
  using test = await testStore();
  await Deno.mkdir(test.dir.home.spool, { recursive: true });
  const lock = presencePath(test.dir.home.spool, "a");
  const presence = await bePresent(lock);
  await test.store.register(newSupervisor("a", { leaseUntil: Date.now() - 1000 }));
  const stopping = runWithin(test.store, stop, { flags: { wait: true } });
  assert.equal(await Promise.race([stopping.waits, stopping.ended]), "waits");
  presence[Symbol.dispose]();
  assert.deepEqual(await stopping.ended, { code: 0, json: { stopped: ["a-worker"] } });
});
