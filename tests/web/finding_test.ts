/**
 * @module
 * Finding jobs and doing something to many of them, in a real browser: tabs, comboboxes, sorting, keys, selections, and
 * rows that stay where they are.
 */
import assert from "node:assert/strict";
import { browserTest, endBrowser, reads, says, undone, visit } from "../helpers/browser.ts";
import { startDashboard } from "../helpers/dashboard.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

/** Of the browser, where functions that are handed to its pages run. */
// deno-lint-ignore no-explicit-any -- its types would stand beside Deno's everywhere
declare const document: any;

browserTest(
  "jobs are found by tabs with counts, by several queues and labels, by age, and sorted",
  async () => {
    using test = await testStore();
    const { store } = test;
    for (let n = 0; n < 4; n++) await test.enqueue("send", { id: `mail${n}`, queue: "mail", label: "bills" });
    for (let n = 0; n < 3; n++) {
      await test.enqueue("load", {
        id: `etl${n}`,
        queue: "etl",
        label: `season-${n}`,
      });
    }
    await test.enqueue("first", { id: "first", priority: -5, runAt: Date.now() + 3_600_000 });
    await store.cancel(["mail3"], Date.now());
    await using server = await startDashboard(test.home);
    await using visited = await visit(`${server.url}jobs`);
    const { page } = visited;
    const rows = page.locator("table.jobs tbody tr");
    const shows = (count: number) =>
      page.waitForFunction(
        (count) => document.querySelectorAll("table.jobs tbody tr").length === count,
        count,
      );
    await shows(8);
    await page.getByText("8 found").waitFor();
    const tabs = page.getByRole("navigation", { name: "States" });
    await reads(tabs.getByRole("link", { name: "Waiting" }), "Waiting6");
    const queue = page.getByRole("combobox", { name: "Queue", exact: true });
    await queue.focus();
    await reads(page.getByRole("option", { name: /^mail/ }), "mail4");
    await page.keyboard.type("mai");
    await page.getByRole("option", { name: /^etl/ }).waitFor({ state: "detached" });
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await shows(4);
    await queue.fill("etl");
    await page.keyboard.press("Enter");
    await shows(7);
    await page.waitForURL(/queue=mail&queue=etl/);
    await reads(tabs.getByRole("link", { name: "Cancelled" }), "Cancelled1");
    await page.getByText("7 found").waitFor();
    const label = page.getByRole("combobox", { name: "Label", exact: true });
    await label.fill("season-1");
    await page.getByRole("option", { name: /^season-1/ }).click();
    await shows(1);
    await label.fill("b");
    await page.getByRole("option", { name: "bills" }).click();
    await shows(5);
    await page.getByText("5 found").waitFor();
    await page.getByRole("button", { name: "Not season-1" }).click();
    await shows(4);
    await page.goto(`${server.url}jobs`);
    await shows(8);
    await page.getByRole("columnheader", { name: "Job" }).getByRole("link").click();
    await page.waitForURL(/sort=oldest/);
    await page.waitForFunction(() => document.querySelector("table.jobs td.id")?.textContent === "mail0");
    await page.getByRole("columnheader", { name: "Priority" }).getByRole("link").click();
    await page.waitForFunction(() => document.querySelector("table.jobs td.id")?.textContent === "first");
    await reads(page.locator("th[aria-sort]"), "Priority▴");
    await page.getByLabel("Enqueued").selectOption("1");
    await page.waitForURL(/hours=1/);
    await shows(8);
    await reads(rows.first().locator("td.command"), "first");
  },
);

browserTest("several states are shown at once, by the address and by the shift key", async () => {
  using test = await testStore();
  for (const id of ["waits", "off1", "off2"]) await test.enqueue("true", { id, held: true });
  await test.store.cancel(["off1", "off2"], Date.now());
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs?state=pending&state=cancelled`);
  const { page } = visited;
  const ids = page.locator("table.jobs td.id");
  const chosen = page.locator("nav.tabs a[aria-current]");
  await reads(ids, "off2", "off1", "waits");
  await reads(chosen, "Waiting1", "Cancelled2");
  await page.getByText("3 found").waitFor();
  await reads(
    page.getByRole("group", { name: "Actions on all that match" }).getByRole("button"),
    ...["Retry all", "Cancel all", "Delete all", "Hold all", "Release all"],
  );
  await page.getByRole("link", { name: /^Waiting/ }).click({ modifiers: ["Shift"] });
  await reads(ids, "off2", "off1");
  await page.getByRole("link", { name: /^Waiting/ }).focus();
  await page.keyboard.press("Shift+Enter");
  await reads(ids, "off2", "off1", "waits");
  await page.getByRole("link", { name: /^Waiting/ }).click();
  await reads(ids, "waits");
  await page.goBack();
  await reads(chosen, "Waiting1", "Cancelled2");
});

browserTest("rows stay under the pointer, and new jobs wait until they are let in", async () => {
  using test = await testStore();
  for (let n = 0; n < 3; n++) await test.enqueue("true", { id: `old${n}`, held: true });
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs?state=pending`);
  const { page } = visited;
  const ids = page.locator("table.jobs td.id");
  const second = page.locator("table.jobs tbody tr").nth(1);
  await second.hover();
  const before = await second.boundingBox();
  await test.enqueue("true", { id: "new0", held: true });
  await page.getByRole("button", { name: "1 new job", exact: true }).waitFor();
  await test.enqueue("true", { id: "new1", held: true });
  await page.getByRole("button", { name: "2 new jobs" }).waitFor();
  await test.store.cancel(["old0"], Date.now());
  await page.locator("tr.gone-row", { hasText: "old0" }).waitFor();
  await reads(ids, "old2", "old1", "old0");
  assert.deepEqual(await second.boundingBox(), before);
  await page.getByRole("button", { name: "2 new jobs" }).click();
  await page.getByRole("link", { name: "new1", exact: true }).waitFor();
  await reads(ids, "new1", "new0", "old2", "old1");
  await page.mouse.move(0, 0);
  await page.getByRole("searchbox").focus();
  await test.enqueue("true", { id: "live", held: true });
  await page.getByRole("link", { name: "live", exact: true }).waitFor();
});

browserTest(
  "a selection is made by keys and ranges, and what a verb does not fit is passed over",
  async () => {
    using test = await testStore();
    for (let n = 0; n < 6; n++) await test.enqueue("true", { id: `job${n}`, held: n === 1 });
    await test.store.cancel(["job4", "job5"], Date.now());
    await using server = await startDashboard(test.home);
    await using visited = await visit(`${server.url}jobs`);
    const { page } = visited;
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    await page.getByRole("link", { name: "job0", exact: true }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await until("the second row has the focus", async () => await focused() === "job4");
    await page.keyboard.press("x");
    const actions = page.getByRole("group", { name: "Actions on those selected" });
    await actions.getByText("1 selected").waitFor();
    await reads(actions.getByRole("button"), "Retry", "Delete", "Select none");
    await page.getByLabel("Select job0").click({ modifiers: ["Shift"] });
    await actions.getByText("5 selected").waitFor();
    await undone(page, () => actions.getByRole("button", { name: "Hold" }).click());
    await says(page, "Held: 3 jobs");
    const held = (await test.store.list({ limit: 9 })).jobs.filter(({ held }) => held).map(({ id }) => id);
    assert.deepEqual(held, ["job1"], "those alone to which it was done");
    await page.locator("table.jobs tr", { hasText: "job2" }).getByText("pending", { exact: true }).waitFor();
    await page.getByLabel("Select job4").click();
    await page.getByLabel("Select job0").click({ modifiers: ["Shift"] });
    await actions.getByText("5 selected").waitFor();
    await reads(
      actions.getByRole("button"),
      ...["Retry 1", "Cancel 4", "Delete", "Hold 3", "Release 1", "Select none"],
    );
    await actions.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("1 of those selected are passed over").waitFor();
    // and one more changes while the question is open
    await test.store.cancel(["job3"], Date.now());
    await page.getByRole("button", { name: "Cancel 4 jobs" }).click();
    await says(page, "Cancelled: 3 jobs; 2 passed over, their state does not allow it");
    const { jobs } = await test.store.list({ state: "cancelled", limit: 9 });
    assert.equal(jobs.length, 6);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(/jobs\/job5$/);
  },
);

Deno.test.afterAll(endBrowser);
