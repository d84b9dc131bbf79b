/**
 * @module
 * What clients of the dashboard are told of, and when: with a real store and a clock that the test moves.
 */
import assert from "node:assert/strict";
import { Events } from "../../src/http/events.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("nothing is told as long as nothing changes, but for a look now and then where no doorbell is heard", async () => {
  using test = await testStore();
  const clock = new FakeClock();
  using events = new Events(test.store, clock);
  using _client = events.join()!;
  const number = async () => (await events.latest()).number;
  const first = await number();
  await clock.pass(4000);
  assert.equal(await number(), first);
  await clock.pass(6000);
  assert.ok(await number() > first);
});

Deno.test("a change that shows in no count is told, and the status is said to be as old as it is", async () => {
  using test = await testStore();
  const id = await test.enqueue("true");
  const clock = new FakeClock();
  using events = new Events(test.store, clock);
  using _client = events.join()!;
  const before = await events.latest();
  await test.store.edit(id, { command: "false" }, Date.now());
  // No time passes: it can only have been heard.
  await until("it is told", async () => (await events.latest()).number > before.number);
  assert.equal((await events.latest()).statusSince, before.statusSince);
  await clock.pass(250);
  await test.enqueue("true");
  await until("the status is told", async () => (await events.latest()).statusSince > before.statusSince);
  assert.equal((await events.latest()).status.counts.pending, 2);
});
