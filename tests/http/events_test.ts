/**
 * @module
 * What clients of the dashboard are told of, and when: with a real store and a clock that the test moves.
 */
import assert from "node:assert/strict";
import { Events } from "../../src/http/events.ts";
import { testApplication } from "../helpers/application.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { takeNewer } from "../helpers/rebuilding_step.ts";
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

Deno.test("where the doorbell is heard, silence means that nothing has changed", async () => {
  using test = await testStore();
  const id = await test.enqueue("true");
  const clock = new FakeClock();
  using events = new Events(test.store, clock);
  using _client = events.join()!;
  const number = async () => (await events.latest()).number;
  const first = await number();
  await test.store.edit(id, { command: "false" }, Date.now());
  await until("it is told", async () => await number() > first);
  const heard = await number();
  for (let n = 0; n < 60; n++) await clock.pass(1000);
  assert.ok(await number() < heard + 6, "not every five seconds; one ring may be heard as several");
  for (let n = 0; n < 300; n++) await clock.pass(1000);
  assert.ok(await number() > heard);
});

Deno.test("a server of an older version says with each answer that a newer one has changed the store", async () => {
  using app = await testApplication();
  const { test, ask, send } = app;
  await test.enqueue("true");
  const stream = await ask("GET", "/api/v1/events");
  const events = stream.body!.getReader();
  assert.match(new TextDecoder().decode((await events.read()).value), /^id: \d+\nevent: status\n/);
  await takeNewer(test.dir.home);
  const { status, json } = await send("GET", "/status");
  assert.deepEqual([status, json.type], [503, "/problems/store-unusable"]);
  assert.match(json.detail, /^Cannot use ".*": a newer queuectl wrote it \(version .*\); update queuectl$/);
  const answers = [["POST", "/jobs"], ["GET", "/jobs"]] as const;
  for (const [method, path] of answers) {
    const body = method === "POST" ? { command: "true" } : undefined;
    assert.equal((await send(method, path, body)).status, 503, path);
  }
  for (const path of ["/readyz", "/metrics"]) {
    const answer = await ask("GET", path);
    assert.deepEqual([path, answer.status], [path, 503]);
    await answer.body!.cancel();
  }
  const broken = events.read();
  broken.catch(() => {});
  let over = false;
  broken.then(({ done }) => over = done, () => over = true);
  await until("the stream is over", async () => {
    await app.clock.pass(600);
    return over;
  });
  assert.equal((await send("GET", "/events")).status, 503);
  assert.deepEqual(app.defects, []);
});
