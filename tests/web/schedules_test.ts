/**
 * @module
 * Schedules and the page of one, in a real browser.
 */
import assert from "node:assert/strict";
import { browserTest, endBrowser, isReadable, says, visit } from "../helpers/browser.ts";
import { startDashboard } from "../helpers/dashboard.ts";
import { newJob } from "../helpers/jobs.ts";
import { addSchedules } from "../helpers/schedules.ts";
import { testStore } from "../helpers/worker.ts";

browserTest("schedules tell when they come and how they went, and are run and paused by hand", async () => {
  using test = await testStore();
  const now = Date.now();
  await addSchedules(
    test.store,
    now,
    { name: "backup", expression: "0 */6 * * *", job: { command: "make backup", cwd: "/", label: "night" } },
    { name: "poll", expression: "every 90s", job: { command: "./poll.sh", cwd: "/" } },
  );
  const hour = 3_600_000;
  const runs = [3, 2, 1].map((n) => ({ slot: now - n * hour, kind: "on_time" as const, job: newJob() }));
  const left = { from: now - 9 * hour, until: now - 4 * hour, count: 6 };
  const { next, revision } = (await test.store.schedule("backup"))!;
  await test.store.fire([{ name: "backup", revision, runs, left, next }], { now, idFormat: "short" });
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}schedules`);
  const { page } = visited;
  await page.getByText("make backup").first().waitFor();
  await page.getByText("No worker is running, so no schedule is fired.").waitFor();
  await isReadable(page, "schedules");
  assert.equal(await page.locator("header nav [aria-current]").count(), 1, "one page is the current one");
  await page.getByRole("img", { name: /^missed, 6 times/ }).waitFor();
  await page.getByText("All the time: poll").waitFor();
  const actions = page.getByRole("group", { name: "Actions on backup" });
  await actions.getByRole("button", { name: "Pause" }).click();
  await actions.getByRole("button", { name: "Resume" }).waitFor();
  assert.equal((await test.store.schedule("backup"))!.paused, true);
  await actions.getByRole("button", { name: "Run now" }).click();
  await says(page, "Enqueued j");
  await page.getByRole("link", { name: "backup", exact: true }).first().click();
  await page.getByRole("heading", { name: "When it would come" }).waitFor();
  await page.getByRole("cell", { name: "by hand" }).waitFor();
  await page.getByText("No worker is running, so no schedule is fired.").waitFor();
  await isReadable(page, "schedule");
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Remove it" }).click();
  await page.getByRole("link", { name: "poll", exact: true }).first().waitFor();
  assert.equal(await test.store.schedule("backup"), undefined);
  visited.forgive(/404/); // that it is gone may be told before the answer to what removed it
});

browserTest("a schedule is added and changed in a form that says when it would come", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}schedules`);
  const { page } = visited;
  const field = (name: string) => page.getByLabel(name, { exact: true });
  await page.getByRole("button", { name: "Add a schedule" }).click();
  await field("Name").fill("nightly");
  await field("When").fill("0 25 * * *");
  await page.getByRole("alert").filter({ hasText: 'Cannot use the schedule "0 25 * * *"' }).waitFor();
  await page.locator("[name=expression][aria-invalid]").waitFor();
  await field("When").fill("0 2 * * *");
  await field("By the clock of").fill("Europe/Berlin");
  await page.locator(".coming time").nth(4).waitFor();
  await field("Command").fill("make backup");
  await field("Later by up to").fill("9d");
  await page.locator("summary").click();
  await field("Memory").fill("1GiB");
  await isReadable(page, "schedule-form");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: 'Cannot use jitter "9d"' }).waitFor();
  visited.forgive(/400/);
  await field("Later by up to").fill("5m");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("heading", { name: "Schedule nightly" }).waitFor();
  const added = (await test.store.schedule("nightly"))!;
  assert.deepEqual([added.expression, added.zone, added.jitterMs], ["0 2 * * *", "Europe/Berlin", 300_000]);
  assert.deepEqual([added.job.command, added.job.memory], ["make backup", "1GiB"]);

  await page.getByRole("button", { name: "Edit" }).click();
  assert.equal(await field("When").inputValue(), "0 2 * * *");
  await field("When").fill("@hourly");
  await field("Label").fill("night");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("@hourly").waitFor();
  const changed = (await test.store.schedule("nightly"))!;
  assert.deepEqual([changed.expression, changed.jitterMs], ["@hourly", 300_000]);
  assert.deepEqual(changed.job, { ...added.job, label: "night" });
});

Deno.test.afterAll(endBrowser);
