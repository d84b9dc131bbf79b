/**
 * @module
 * The graph of what a job needs and who needs it, in a real browser.
 */
import assert from "node:assert/strict";
import {
  browserTest,
  endBrowser,
  isReadable,
  keepPicture,
  seriousProblems,
  visit,
} from "../helpers/browser.ts";
import { startDashboard } from "../helpers/dashboard.ts";
import { DEAD, handWorker } from "../helpers/hand_worker.ts";
import { exchangeOf } from "../helpers/jobs.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

/** Of the browser, where functions that are handed to its pages run. */
// deno-lint-ignore no-explicit-any -- its types would stand beside Deno's everywhere
declare const document: any;

const PARTS = ["unit", "lint", "browser", "docs"];

/** A build, what is tested of it, and what comes after that. */
async function pipeline(test: TestStore) {
  await test.enqueue("make build", { id: "build" });
  for (const part of PARTS) await test.enqueue(`make check-${part}`, { id: part, after: ["build"] });
  await test.enqueue("make package", { id: "package", after: ["build"] });
  await test.enqueue("make deploy", { id: "deploy", after: [...PARTS, "package"] });
  await test.enqueue("make smoke", { id: "smoke", after: ["deploy"] });
  await test.enqueue("mail -s 'it failed' team", { id: "tell", afterFailed: ["deploy"] });
  await test.enqueue("make report", { id: "report", afterEnded: [...PARTS, "deploy"] });
  return await handWorker(test.store);
}

browserTest(
  "a job's page shows what it needs and who needs it, live, for eyes, keys and readers",
  async () => {
    using test = await testStore();
    const worker = await pipeline(test);
    await (await worker.claim()).end();
    await using server = await startDashboard(test.home);
    await using visited = await visit(`${server.url}jobs/deploy`);
    const { page } = visited;
    const boxes = page.locator(".graph .box");
    await until("all are drawn", async () => await boxes.count() === 10);
    await page.locator(".why").getByRole("link", { name: "unit" }).first().waitFor();
    await isReadable(page, "graph");
    await page.locator('.graph [data-job="deploy"]').focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    assert.ok([...PARTS, "package"].includes(await page.evaluate(() => document.activeElement.dataset.job)));
    await (await worker.claim()).end(DEAD);
    await page.locator('.graph [data-job="smoke"].skipped').waitFor();
    await page.getByText("Why was it not run?").waitFor();
    await page.locator(".why").getByRole("link", { name: "unit" }).first().waitFor();
    await page.getByText("The same as a list").click();
    await page.getByText(/needs unit \(cannot come\)/).waitFor();
    await keepPicture(page, "graph-list");
    await page.locator('.graph [data-job="tell"]').focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/jobs\/tell$/);
    await page.locator('.graph [data-job="tell"][aria-current]').waitFor();
  },
);

browserTest(
  "progress is a bar in lists and on a job's page, and no column where no job says any",
  async () => {
    using test = await testStore();
    await test.enqueue("import", { id: "import" });
    await test.enqueue("plain", { id: "plain", held: true });
    const worker = await handWorker(test.store);
    await using server = await startDashboard(test.home);
    await using visited = await visit(`${server.url}jobs`);
    const { page } = visited;
    await page.getByRole("link", { name: "plain" }).waitFor();
    const heading = page.getByRole("columnheader", { name: "Progress" });
    assert.equal(await heading.count(), 0);
    const { job } = await worker.claim();
    const progress = { percent: 40, text: "row 4000 of 10000" };
    await test.store.exchange(
      exchangeOf("hand", { now: Date.now(), said: [{ token: job.token, progress }] }),
    );
    await heading.waitFor();
    await page.locator("table.jobs progress").waitFor();
    assert.deepEqual(await seriousProblems(page), []);
    await keepPicture(page, "progress-list");
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(`${server.url}jobs/import`);
    await page.locator(".facts progress").waitFor();
    assert.deepEqual(await seriousProblems(page), []);
    await keepPicture(page, "progress-job-390");
  },
);

browserTest("a crowd is shown in part, and says so; a job that needs nothing has no graph", async () => {
  using test = await testStore();
  await test.enqueue("split -n 60 film", { id: "split" });
  for (let n = 0; n < 60; n++) await test.enqueue(`encode ${n}`, { id: `part-${n}`, after: ["split"] });
  await test.enqueue("join", { id: "join", after: Array.from({ length: 60 }, (_, n) => `part-${n}`) });
  await test.enqueue("alone", { id: "alone" });
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs/split`);
  const { page } = visited;
  await page.getByText("40 more need it").first().waitFor();
  await page.getByText(/There are more than these/).waitFor();
  await keepPicture(page, "graph-crowd");
  await page.goto(`${server.url}jobs/alone`);
  await page.getByRole("heading", { name: "alone pending" }).waitFor();
  assert.equal(await page.locator(".graph").count(), 0);
});

Deno.test.afterAll(endBrowser);
