/**
 * @module
 * The page of limits, in a real browser.
 */
import assert from "node:assert/strict";
import {
  browserTest,
  endBrowser,
  isReadable,
  says,
  seriousProblems,
  undone,
  visit,
} from "../helpers/browser.ts";
import { startDashboard } from "../helpers/dashboard.ts";
import { handWorker } from "../helpers/hand_worker.ts";
import { testStore } from "../helpers/worker.ts";

browserTest("limits tell how much is in use and who waits, and are changed by hand", async () => {
  using test = await testStore();
  await test.store.setLimit("api", { atOnce: 1, rate: { count: 60, perMs: 60_000, smooth: false } });
  for (let n = 0; n < 3; n++) await test.enqueue("curl https://example.org", { takes: "api=1" });
  const worker = await handWorker(test.store);
  await worker.claim();
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}limits`);
  const { page } = visited;
  await page.getByText("1 of 1").first().waitFor();
  await isReadable(page, "limits");
  const input = page.getByLabel("At once of api");
  await input.fill("2");
  await undone(page, () => page.getByRole("button", { name: "Set" }).click());
  await says(page, 'Set limit "api"');
  await page.getByText("1 of 1").first().waitFor();
  assert.equal((await test.store.limit("api", Date.now()))!.atOnce, 1);
  await input.fill("2");
  await page.getByRole("button", { name: "Set" }).click();
  await page.getByText("1 of 2").waitFor();
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  assert.equal((await test.store.limit("api", Date.now()))!.atOnce, 2);
  await page.goto(`${server.url}jobs/j3`);
  await page.getByText("api=1", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Priority").fill("-7");
  await page.getByRole("button", { name: "Save" }).click();
  await says(page, "Changed j3");
  const { priority, takes } = (await test.store.get("j3"))!;
  assert.deepEqual([priority, takes], [-7, "api=1"]);

  await page.goto(`${server.url}queues/default`);
  await page.getByLabel("Each job needs").fill("api, disk=2");
  await page.getByLabel("Per label").fill("3");
  await page.getByLabel("Rate").fill("60/1m");
  await page.getByLabel("labels take turns").check();
  await page.getByLabel("Aging").fill("10m");
  await page.getByRole("button", { name: "Save" }).click();
  await says(page, 'Set queue "default"');
  const { takes: ofEach, perLabel, rate, fair, agingMs } = (await test.store.queue("default"))!;
  assert.deepEqual([ofEach, perLabel, rate, fair, agingMs], [
    ...["api=1,disk=2", 3],
    { count: 60, perMs: 60_000, smooth: false },
    ...[true, 600_000],
  ]);
  await page.goto(`${server.url}queues`);
  await page.getByText("3 per label; 60/1m; labels take turns; aging 10m").waitFor();
  assert.deepEqual(await seriousProblems(page), []);
});

Deno.test.afterAll(endBrowser);
