/**
 * @module
 * What those see who may only look, in a real browser: nothing that would be refused.
 */
import assert from "node:assert/strict";
import { browserTest, endBrowser, goes, visit } from "../helpers/browser.ts";
import { READ_TOKEN, startDashboard } from "../helpers/dashboard.ts";
import { addSchedules } from "../helpers/schedules.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

/** Names of buttons that change something. */
const CHANGES =
  /^(Add|Cancel|Clear|Delete|Edit|Enqueue|Hold|Keep|Pause|Release|Remove|Reset|Resume|Retry|Run now|Save|Seal|Set|Stop)/;

/** Every page, and what is there once it has all it shows. */
const PAGES: readonly [path: string, shown: string][] = [
  ["", "mail"],
  ["jobs?state=pending", "waits"],
  ["jobs/waits", "echo waits"],
  ["dead", "exit code 1"],
  ["groups", "night"],
  ["groups/night", "night"],
  ["limits", "api"],
  ["queues/mail", "Switches"],
  ["schedules", "backup"],
  ["schedules/backup", "make backup"],
  ["queues", "mail"],
  ["workers", "No worker is running"],
  ["settings", "max_retries"],
  ["enqueue", "may only look"],
];

browserTest("those who may only look see no button that would be refused; others do", async () => {
  using test = await testStore();
  await test.enqueue("echo waits", {
    held: true,
    id: "waits",
    queue: "mail",
    group: "night",
  });
  await test.enqueue("exit 1", { id: "died", maxRetries: 0 });
  const worker = await startWorker(test.home, ["--slots", "1"]);
  await test.reaches("died", "dead");
  await worker[Symbol.asyncDispose]();
  await test.store.setLimit("api", { atOnce: 1 });
  await addSchedules(test.store, Date.now(), {
    name: "backup",
    expression: "@daily",
    job: { command: "make backup", cwd: "/" },
  });
  await using server = await startDashboard(test.home);
  await using reader = await visit(`${server.url}?token=${READ_TOKEN}`, { stranger: true });
  await using other = await visit(server.url);
  const offered = new Set<string>();
  for (const [path, shown] of PAGES) {
    for (const { page } of [reader, other]) {
      if (path !== "") await goes(page, path);
      if (page === other.page && path === "enqueue") continue;
      await page.locator("main").getByText(shown).first().waitFor();
    }
    if (path !== "workers" && path !== "groups") {
      const { page } = other;
      await page.locator("main").getByRole("button", { name: CHANGES }).first().waitFor();
      for (const button of await page.locator("main button").allTextContents()) offered.add(button);
    }
    const refused = reader.page.locator("main").getByRole("button", { name: CHANGES });
    assert.deepEqual(await refused.allTextContents(), [], `/${path}`);
    if (path === "queues" || path === "settings") {
      assert.equal(await reader.page.locator("main input").count(), 0, `/${path}`);
    }
  }
  assert.ok(offered.has("Cancel") && offered.has("Set"), [...offered].join());
  assert.equal(await reader.page.getByRole("link", { name: "Enqueue" }).count(), 0);
});

Deno.test.afterAll(endBrowser);
