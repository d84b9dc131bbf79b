/**
 * @module
 * Patience with a store that fails.
 */
import assert from "node:assert/strict";
import { StoreBusy, StoreGone } from "../../src/domain/errors.ts";
import { Patience } from "../../src/worker/supervisor/patience.ts";
import { FakeClock } from "../helpers/fake_clock.ts";

function patience() {
  const clock = new FakeClock();
  const happened: string[] = [];
  const closing = new AbortController();
  const it = new Patience({
    clock,
    say: (reason) => happened.push(reason),
    onRetry: () => happened.push("retry"),
    onLost: () => happened.push("gone"),
    over: closing.signal,
  });
  return { it, clock, happened, closing };
}

Deno.test("many failures are said once, and tried again once, a second later", async () => {
  const { it, clock, happened } = patience();
  for (let i = 0; i < 5; i++) await it.attempt(() => Promise.reject(new StoreBusy("Cannot write: busy")));
  assert.deepEqual(happened, ["Cannot write: busy"]);
  await clock.pass(999);
  assert.deepEqual(happened, ["Cannot write: busy"]);
  await clock.pass(1);
  assert.deepEqual(happened, ["Cannot write: busy", "retry"]);
  it.failed(new StoreBusy("Cannot write: still busy"));
  await clock.pass(1000);
  assert.deepEqual(happened.slice(2), ["Cannot write: still busy", "retry"]);
});

Deno.test("a defect is said as such, and harms nobody", async () => {
  const { it, clock, happened } = patience();
  assert.equal(await it.attempt(() => Promise.reject(new TypeError("x is undefined"))), undefined);
  assert.match(happened[0]!, /^This is a defect of queuectl: TypeError: x is undefined$/);
  assert.equal(await it.attempt(() => Promise.resolve(7)), 7);
  await clock.pass(1000);
});

Deno.test("a store that is gone is not tried again", async () => {
  const { it, clock, happened } = patience();
  const gone = new StoreGone("The home is gone");
  await it.attempt(() => Promise.reject(gone));
  await clock.pass(5000);
  assert.deepEqual(happened, ["gone"]);
  assert.equal(it.lost, gone);
});

Deno.test("whoever closes does not wait for the next try", async () => {
  const { it, happened, closing } = patience();
  it.failed(new StoreBusy("Cannot write: busy"));
  closing.abort();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(happened, ["Cannot write: busy", "retry"]);
});
