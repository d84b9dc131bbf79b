/**
 * @module
 * Waiting for the store to change: by its doorbell, since no time passes here, or by looking now and then.
 */
import assert from "node:assert/strict";
import { watchStore } from "../../src/views/watch_store.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("a change is heard of without looking", async () => {
  using test = await testStore();
  using changes = watchStore(test.store, new FakeClock());
  for (let change = 0; change < 3; change++) {
    const next = changes.next();
    await test.enqueue("true");
    assert.equal(await next, true);
  }
});

Deno.test("when nothing is heard, it is time to look after half a second", async () => {
  using test = await testStore();
  const clock = new FakeClock();
  using changes = watchStore({ ...test.store, listen: () => ({ [Symbol.dispose]() {} }) }, clock);
  const next = changes.next();
  await clock.pass(500);
  assert.equal(await next, false);
});
