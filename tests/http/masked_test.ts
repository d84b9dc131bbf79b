/**
 * @module
 * Who may only look is shown no secrets, whatever is asked for.
 */
import assert from "node:assert/strict";
import { testApplication } from "../helpers/application.ts";
import { READ_TOKEN, TOKEN } from "../helpers/dashboard.ts";
import { claim, newSupervisor } from "../helpers/jobs.ts";

const COMMAND = "load postgres://app:hunter2@db/app";

Deno.test("readers are shown jobs without secrets, by every route and by events; others see all", async () => {
  using place = await testApplication({ tokens: { change: TOKEN, read: READ_TOKEN } });
  const { test: { store, enqueue }, clock } = place;
  const env = { API_TOKEN: "hunter2", TARGET: "amqp://me:hunter2@mq", PLAIN: "plain" };
  await enqueue(COMMAND, { id: "runs", env });
  await enqueue("report --password hunter2", { id: "waits", after: ["runs"] });
  const schedule = { name: "hourly", expression: "every 1h", job: { command: COMMAND, env } };
  assert.equal((await place.send("POST", "/schedules", schedule)).status, 201);
  const change = { filter: { search: "--password hunter2" }, changes: { priority: 1 } };
  assert.equal((await place.send("POST", "/bulk/edit", change)).status, 200);
  const now = clock.now();
  await store.register(newSupervisor("s", { startedAt: now, leaseUntil: now + 3_600_000 }));
  await claim(store, "s", { now });

  const asked = async (path: string, token: string) => {
    const response = await place.ask("GET", `/api/v1${path}`, { token });
    assert.equal(response.status, 200, path);
    return await response.text();
  };
  const paths = [
    ...["/jobs", "/jobs/runs", "/jobs/waits", "/jobs/runs/needs", "/status", "/workers"],
    ...["/schedules", "/schedules/hourly", "/audit"],
  ];
  for (const path of paths) {
    const seen = await asked(path, READ_TOKEN);
    assert.ok(!seen.includes("hunter2"), `${path} ${seen}`);
    assert.ok(seen.includes("••••••"), path);
    assert.ok((await asked(path, TOKEN)).includes("hunter2"), path);
  }
  assert.ok((await asked("/jobs/runs", READ_TOKEN)).includes('"PLAIN":"plain"'));

  for (const token of [READ_TOKEN, TOKEN]) {
    const stop = new AbortController();
    const response = await place.ask("GET", "/api/v1/events", { token, signal: stop.signal });
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    assert.equal(new TextDecoder().decode(value).includes("hunter2"), token === TOKEN);
  }
});
