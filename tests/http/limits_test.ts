/**
 * @module
 * The routes of limits, each answer held against the API's document.
 */
import assert from "node:assert/strict";
import { testApplication } from "../helpers/application.ts";
import { claim, newSupervisor } from "../helpers/jobs.ts";

Deno.test("limits are set, listed, changed and removed; queues have rules; jobs say what they wait for", async () => {
  using app = await testApplication();
  const { store } = app.test;
  const set = await app.send("PATCH", "/limits/api", { at_once: 1, rate: "60/1m", smooth: true });
  assert.deepEqual([set.status, set.json.at_once, set.json.rate, set.json.smooth], [200, 1, "60/1m", true]);
  await app.send("PATCH", "/limits/db", { at_once: 0 });
  const first = await app.send("GET", "/limits?limit=1");
  assert.deepEqual([first.json.limits.length, first.json.cursor], [1, "api"]);
  const rest = await app.send("GET", "/limits?cursor=api");
  assert.deepEqual(rest.json.limits.map(({ name }: { name: string }) => name), ["db"]);

  const job = await app.send("POST", "/jobs", { command: "true", needs: { db: 1, api: 1 }, slots: 2 });
  assert.deepEqual([job.json.takes, job.json.slots], [{ api: 1, db: 1 }, 2]);
  const { json: { waits_because } } = await app.send("GET", `/jobs/${job.json.id}`);
  assert.ok(waits_because.includes('limit "db" has 0 of 0 in use'), waits_because);
  const refused = await app.send("POST", "/jobs", { command: "true", needs: "api=2" });
  assert.equal(refused.status, 400);

  const rules = { needs: { api: 1 }, per_label: 2, rate: "5/1m", smooth: false, fair: "label", aging: 600 };
  const queue = await app.send("PATCH", "/queues/q", rules);
  const { needs, per_label, rate, smooth, fair, aging } = queue.json;
  assert.deepEqual({ needs, per_label, rate, smooth, fair, aging }, rules);
  const off = await app.send("PATCH", "/queues/q", {
    ...{ needs: null, per_label: null, rate: null, fair: null, aging: null },
  });
  assert.deepEqual([off.json.needs, off.json.rate, off.json.fair], [null, null, null]);

  await store.register(newSupervisor("s", { has: new Map([["gpu", 2]]), leaseUntil: Date.now() + 60_000 }));
  await app.send("POST", "/jobs", { command: "true", needs: ["api", "gpu"] });
  assert.equal((await claim(store, "s", { now: Date.now() })).length, 1);
  assert.deepEqual((await app.send("GET", "/workers")).json.workers[0].has, { gpu: 2 });
  assert.equal((await app.send("GET", "/limits/api")).json.used, 1);
  assert.equal((await app.send("DELETE", "/limits/db")).status, 200);
  assert.equal((await app.send("GET", "/limits/db")).status, 404);
});

Deno.test("what makes no sense of a limit is a problem that names it", async () => {
  using app = await testApplication();
  for (const body of [{ rate: "0/1m" }, { rate: "5/moon" }, { at_once: -1 }, { at_once: "x" }, { rate: 7 }]) {
    assert.equal((await app.send("PATCH", "/limits/api", body)).status, 400, JSON.stringify(body));
  }
  assert.equal((await app.send("PATCH", "/limits/api", {})).status, 409);
  assert.equal((await app.send("PATCH", "/limits/1api", { at_once: 1 })).status, 400);
});
