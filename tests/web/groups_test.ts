/**
 * @module
 * Groups and the page of one, in a real browser.
 */
import assert from "node:assert/strict";
import { browserTest, endBrowser, isReadable, visit } from "../helpers/browser.ts";
import { startDashboard } from "../helpers/dashboard.ts";
import { DEAD, handWorker } from "../helpers/hand_worker.ts";
import { testStore } from "../helpers/worker.ts";

browserTest("groups tell how far they are, live, and are sealed and tried again by hand", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  for (let n = 1; n <= 5; n++) {
    await test.enqueue(`encode part${n}.wav`, { id: `part-${n}`, group: "encode" });
  }
  await test.enqueue("join part*.mp3", { id: "join", afterGroup: ["encode"] });
  await test.enqueue("crawl https://example.org", { group: "crawl" });
  for (let n = 0; n < 2; n++) await (await worker.claim()).end();
  await (await worker.claim()).end(DEAD);
  const fourth = await worker.claim();
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}groups`);
  const { page } = visited;
  await page.getByText("3 of 5").waitFor();
  await isReadable(page, "groups");
  await page.getByRole("link", { name: "encode", exact: true }).click();
  await page.getByRole("heading", { name: "Group encode", exact: true }).waitFor();
  await page.getByText("3 of 5").waitFor();
  await isReadable(page, "group");
  await fourth.end();
  await page.getByText("4 of 5").waitFor();
  await page.getByRole("button", { name: "Seal" }).click();
  await page.getByRole("button", { name: "Seal it" }).click();
  await page.getByText("open, not sealed").waitFor({ state: "detached" });
  assert.equal((await test.store.group("encode"))!.sealed, true);
  await page.getByRole("link", { name: "join" }).waitFor();
  await page.getByRole("button", { name: "Retry what failed" }).click();
  await page.getByRole("button", { name: "Retry 1 job" }).click();
  await page.getByText("3 of 5").waitFor();
  assert.equal((await test.store.get("part-3"))!.state, "pending");
});

Deno.test.afterAll(endBrowser);
