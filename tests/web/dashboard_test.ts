/**
 * @module
 * The pages in a real browser, on a real server and store with real workers: what a person does, end to end.
 */
import assert from "node:assert/strict";
import { browserTest, endBrowser, goes, isReadable, reads, says, visit } from "../helpers/browser.ts";
import { startDashboard, TOKEN } from "../helpers/dashboard.ts";
import { DEAD, handWorker } from "../helpers/hand_worker.ts";
import { newSupervisor } from "../helpers/jobs.ts";
import { ownPort } from "../helpers/own_port.ts";
import { addSchedules } from "../helpers/schedules.ts";
import { until } from "../helpers/until.ts";
import { startWorker, type TestStore, testStore } from "../helpers/worker.ts";

/** Of the browser, where functions that are handed to its pages run. */
// deno-lint-ignore no-explicit-any -- its types would stand beside Deno's everywhere
declare const document: any;

/** Every kind of job there can be; returns who works, and the attempt that runs. */
async function populate(test: TestStore) {
  const worker = await handWorker(test.store);
  for (let n = 0; n < 12; n++) {
    await test.enqueue(`echo ${n}`);
    await (await worker.claim()).end();
  }
  for (const exitCode of [3, 3, 4]) {
    await test.enqueue(`echo try $QUEUECTL_ATTEMPT; exit ${exitCode}`, { queue: "builds", maxRetries: 1 });
    const ends = { ...DEAD, exitCode, error: `exit code ${exitCode}` };
    const first = await worker.claim();
    await first.print("stdout", "try 1\n");
    await first.end({ ...ends, state: "failed", runAt: Date.now() });
    const second = await worker.claim();
    await second.print("stdout", "try 2\n");
    await second.end(ends);
  }
  await test.enqueue("sleep 600", { id: "runs", group: "night" });
  const runs = await worker.claim();
  await addSchedules(test.store, Date.now(), {
    ...{ name: "backup", expression: "@yearly", job: { command: "make backup", cwd: "/" } },
  });
  await test.store.setLimit("api", { atOnce: 2 });
  await test.enqueue("report", {
    id: "later",
    runAt: Date.now() + 3_600_000,
    label: "reports",
    priority: -3,
  });
  return { worker, runs };
}

/** A populated home with a server. */
async function place() {
  const test = await testStore();
  const populated = await populate(test);
  const server = await startDashboard(test.home);
  return {
    ...{ test, server, ...populated },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      test[Symbol.dispose]();
    },
  };
}

/** After the overview. Groups, limits, schedules and jobs that have ended are looked at so by tests of their own. */
const PAGES = [
  "jobs",
  "jobs/runs",
  "dead",
  "queues",
  "queues/builds",
  "jobs?state=dead&queue=builds",
  "workers",
  "settings",
  "audit",
  "enqueue",
  "nowhere",
];

browserTest(
  "every page is readable: by light and dark, on a wide screen and a phone, for people and for machines",
  async () => {
    await using one = await place();
    await using visited = await visit(one.server.url);
    const { page } = visited;
    for (const path of ["", ...PAGES]) {
      if (path !== "") await goes(page, path);
      await page.locator("main h1").first().waitFor({ state: "attached" });
      await page.locator("main table, main pre, main form, main .empty").first().waitFor();
      await isReadable(page, path.replaceAll(/\W/g, "-") || "overview");
    }
  },
);

browserTest("the overview follows what happens, without being loaded again", async () => {
  await using one = await place();
  await using visited = await visit(one.server.url);
  const { page } = visited;
  await page.evaluate(() => (globalThis as unknown as { same: boolean }).same = true);
  const tile = (state: string) => page.locator(`.tile.${state} strong`);
  await page.waitForFunction(() => document.querySelector(".tile.completed strong")?.textContent === "12");
  await one.test.enqueue("true");
  await (await one.worker.claim()).end();
  await page.waitForFunction(() => document.querySelector(".tile.completed strong")?.textContent === "13");
  await reads(tile("dead"), "3");
  await page.locator(".chart canvas").first().waitFor();
  await page.getByRole("link", { name: "exit code 3" }).waitFor();
  await page.getByText(/The store has .* SQLite/).waitFor();
  await page.getByRole("button", { name: "day" }).click();
  await page.waitForURL(/range=day/);
  await page.getByRole("row", { name: /builds/ }).getByRole("button", { name: "Pause" }).click();
  await page.getByText("paused", { exact: true }).waitFor();
  assert.ok((await one.test.store.queues()).find(({ name }) => name === "builds")!.paused);
  assert.ok(await page.evaluate(() => (globalThis as unknown as { same: boolean }).same));
});

browserTest("jobs are filtered, searched and changed in bulk; the address keeps the filter", async () => {
  await using one = await place();
  await using visited = await visit(`${one.server.url}jobs`);
  const { page } = visited;
  const rows = page.locator("table.jobs tbody tr");
  await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: "Dead" }).click();
  await page.waitForURL(/state=dead/);
  await page.waitForFunction(() => document.querySelectorAll("table.jobs tbody tr").length === 3);
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll("table.jobs tbody tr").length === 3);
  await page.getByRole("searchbox", { name: "Search" }).fill("exit 4");
  await page.waitForFunction(() => document.querySelectorAll("table.jobs tbody tr").length === 1);
  await page.getByLabel("Select j15").check();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Keep" }).click();
  assert.equal(await rows.count(), 1);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete 1 job" }).click();
  await page.getByText("No job matches").waitFor();
  assert.equal(await one.test.store.get("j15"), undefined);
  await page.goto(`${one.server.url}jobs?state=completed`);
  await page.getByRole("button", { name: "Retry all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Retry 12 jobs" }).click();
  await says(page, "Queued again: 12 jobs");
});

browserTest(
  "a job's page shows its output as it comes, and nothing in it is taken for a part of the page",
  async () => {
    using test = await testStore();
    await using _worker = await startWorker(test.home);
    await using server = await startDashboard(test.home);
    const evil = `<img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script>`;
    const go = test.dir.file("go");
    const command =
      `echo '${evil.replaceAll("'", "'\\''")}'; printf '\\033[31mred\\033[0m\\n'; echo oops >&2; ` +
      `until [ -e '${go}' ]; do sleep 0.1; done; echo finished; exit 5`;
    await test.enqueue(command, {
      id: "evil",
      label: evil.slice(0, 100),
      env: { API_TOKEN: "hunter2", PLAIN: evil },
    });
    await test.reaches("evil", "processing");
    await using visited = await visit(`${server.url}jobs/evil`);
    const { page } = visited;
    const output = page.getByLabel("Output", { exact: true });
    await output.getByText("oops").waitFor();
    await output.getByText(evil).waitFor();
    assert.match(
      (await output.getByText("red", { exact: true }).getAttribute("style"))!,
      /color: rgb\(255, /,
    );
    assert.equal(await page.getByText("hunter2").count(), 0);
    await page.getByRole("button", { name: "Show secrets" }).click();
    await page.getByText("API_TOKEN=hunter2").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.waitForFunction(() =>
      document.querySelector("h1 .state")?.textContent === "processing, paused"
    );
    await until("it is paused", async () => (await test.store.attempts("evil"))[0]!.unstopped === 0);
    await page.getByRole("button", { name: "Resume" }).click();
    Deno.writeTextFileSync(go, "");
    await page.waitForFunction(() => document.querySelector("h1 .state")?.textContent === "dead");
    await output.getByText("finished").waitFor();
    await page.getByRole("button", { name: "Times" }).click();
    await output.getByText(/^\d\d:\d\d:\d\d\.\d{3}$/).first().waitFor();
    await page.getByLabel("Find").fill("OOPS");
    await page.getByText("1 of 1", { exact: true }).waitFor();
    assert.equal(await output.locator("mark").textContent(), "oops");
    await page.goto(`${server.url}jobs?label=${encodeURIComponent(evil.slice(0, 100))}`);
    await page.getByRole("link", { name: "evil", exact: true }).waitFor();
    assert.match(await page.title(), /^Jobs/);
    assert.equal(await page.locator("main img, main script").count(), 0);
  },
);

browserTest(
  "attempts are compared, and a job is edited, held, released, cancelled, copied and deleted",
  async () => {
    await using one = await place();
    await using visited = await visit(`${one.server.url}jobs/j13`);
    const { page } = visited;
    await page.getByLabel("Compare with").selectOption("1");
    await reads(page.locator(".log .gone .x"), "- try 1");
    await reads(page.locator(".log .new .x"), "+ try 2");

    await page.goto(`${one.server.url}jobs/later`);
    await page.getByText("it is scheduled for").waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("textbox", { name: "Command" }).fill("report --all");
    await page.getByRole("textbox", { name: "Label" }).fill("yearly");
    await page.getByRole("textbox", { name: "Delay" }).fill("2h");
    await page.getByRole("spinbutton", { name: "Nice" }).fill("5");
    await page.getByRole("textbox", { name: "Memory" }).fill("2GiB");
    await page.getByRole("button", { name: "Save" }).click();
    await page.waitForFunction(() => document.querySelector("pre.command")?.textContent === "report --all");
    const edited = (await one.test.store.get("later"))!;
    assert.equal(edited.label, "yearly");
    assert.ok(edited.runAt! > Date.now() + 3_700_000);
    assert.deepEqual([edited.nice, edited.memory], [5, 2 * 1024 ** 3]);
    await page.getByText("2.15 GB", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("spinbutton", { name: "Nice" }).fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await until("it is as nice as any", async () => (await one.test.store.get("later"))!.nice === null);
    assert.equal((await one.test.store.get("later"))!.memory, 2 * 1024 ** 3);
    await page.getByRole("button", { name: "Hold" }).click();
    await page.getByText("it is held until it is released").waitFor();
    await page.getByRole("button", { name: "Release" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Cancel it" }).click();
    await page.waitForFunction(() => document.querySelector("h1 .state")?.textContent === "cancelled");

    await page.getByRole("button", { name: "Enqueue a copy" }).click();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "report --all");
    const line = page.getByLabel("Command line");
    await line.filter({ hasText: /^queuectl enqueue .*--priority -3 .*'report --all'$/ }).waitFor();
    await page.getByRole("checkbox", { name: /hold it/ }).check();
    await page.getByRole("button", { name: "Enqueue", exact: true }).click();
    await page.waitForURL(/\/jobs\/j\d+$/);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.waitForURL(/\/jobs$/);

    await page.goto(`${one.server.url}jobs/runs`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Cancel it" }).click();
    await until("it is to be ended", async () => (await one.test.store.get("runs"))!.cancelRequested);
    await one.runs.end({ outcome: "cancelled", exitCode: null, state: "cancelled" });
    await page.waitForFunction(() => document.querySelector("h1 .state")?.textContent === "cancelled");
    visited.forgive(/404/); // that a job is gone may be told before the answer to what deleted it
  },
);

browserTest(
  "dead letters by group, limits of queues, workers and settings are changed on their pages",
  async () => {
    await using one = await place();
    await using visited = await visit(`${one.server.url}dead`);
    const { page } = visited;
    await page.getByRole("link", { name: "exit code 4" }).click();
    await page.getByRole("link", { name: "j15" }).waitFor();
    await page.getByRole("row", { name: /exit code 3/ }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete 2 jobs" }).click();
    await says(page, "Deleted 2 jobs");
    assert.equal((await one.test.store.list({ state: "dead", limit: 5 })).jobs.length, 1);

    await page.goto(`${one.server.url}queues`);
    await page.getByRole("link", { name: "builds" }).click();
    await page.getByLabel(/^Limit/).fill("2");
    await page.getByRole("button", { name: "Save" }).click();
    await until(
      "the queue is limited",
      async () => (await one.test.store.queues()).find(({ name }) => name === "builds")!.concurrency === 2,
    );

    await page.locator('input[name="limit"][value="2"]').waitFor(); // the page knows, too
    await page.getByLabel(/^Limit/).fill("77");
    await one.test.enqueue("true", { held: true, queue: "builds" });
    await page.locator(".tile.pending strong").filter({ hasText: "1" }).waitFor();
    assert.equal(await page.getByLabel(/^Limit/).inputValue(), "77", "what is typed stays");
    await one.test.enqueue("true", { held: true, queue: "new-queue" });
    await page.goto(`${one.server.url}queues`);
    const fresh = page.getByRole("row", { name: /new-queue/ });
    await fresh.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete 1 job" }).click();
    await fresh.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await until("the queue is gone", async () => await one.test.store.queue("new-queue") === undefined);

    await one.test.set({ backoff_base: "0.01" });
    await page.goto(`${one.server.url}settings`);
    await page.getByLabel("max_retries").fill("9");
    await page.getByRole("row", { name: /^max_retries/ }).getByRole("button", { name: "Set" }).click();
    await until(
      "the setting is changed",
      async () => (await one.test.store.settings()).get("max_retries") === "9",
    );
    await page.getByLabel("backoff_base").fill("-1");
    await page.getByRole("row", { name: /^backoff_base/ }).getByRole("button", { name: "Set", exact: true })
      .click();
    await says(page, "backoff_base");
    visited.forgive(/400/);
    await page.getByRole("row", { name: /^backoff_base/ }).getByRole("button", { name: "Reset" }).click();
    await page.waitForFunction(() => document.querySelector("input[aria-label=backoff_base]").value === "2");

    const far = { host: "far", startedAt: Date.now(), leaseUntil: Date.now() + 3_600_000 };
    await one.test.store.register(newSupervisor("far", far));
    await page.goto(`${one.server.url}workers`);
    await page.getByRole("button", { name: "Stop those on far" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
    await says(page, "Told to stop: far-worker");
    await page.getByText("stopping", { exact: true }).waitFor();
    await one.test.store.leave("far");
    await page.getByRole("row", { name: /far-worker/ }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Stop all" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
    await page.getByText("stopping", { exact: true }).waitFor();
  },
);

browserTest("everything can be reached by the keyboard alone", async () => {
  await using one = await place();
  await using visited = await visit(one.server.url);
  const { page } = visited;
  await page.locator(".tile").first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.waitForURL(/\/dead$/);
  const inMain = () => page.waitForFunction(() => document.activeElement?.id === "main");
  await inMain(); // else it is taken there later
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement?.id === "search");
  await page.keyboard.type("exit 4");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/jobs\?search=exit\+4$/);
  await page.waitForFunction(() => document.querySelectorAll("table.jobs tbody tr").length === 1);
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  for (let n = 0; n < 30 && await focused() !== "j15"; n++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/jobs\/j15$/);
  await inMain();
  await page.getByRole("button", { name: "Delete" }).waitFor();
  for (let n = 0; n < 30 && await focused() !== "Delete"; n++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(await one.test.store.get("j15"));
});

browserTest("a lost connection shows, and what happened meanwhile is there when it is back", async () => {
  using test = await testStore();
  const args = ["--port", String(ownPort())];
  await using first = await startDashboard(test.home, args);
  await using visited = await visit(first.url);
  const { page } = visited;
  visited.forgive(/./); // that the server was away
  await page.locator(".tile").first().waitFor();
  await first[Symbol.asyncDispose]();
  await page.getByText("Connection lost").waitFor();
  await test.enqueue("true");
  await using _second = await startDashboard(test.home, args);
  await page.waitForFunction(() => document.querySelector(".tile.pending strong")?.textContent === "1");
  await page.getByText("Connection lost").waitFor({ state: "detached" });
  await page.close();
});

browserTest("a stranger gets a form, and in with the token", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs`, { stranger: true });
  const { page } = visited;
  await page.getByLabel("Token").fill("not-the-right-token");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText("This token is not valid").waitFor();
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { name: "Jobs" }).waitFor();
  visited.forgive(/./); // the 401s
});

Deno.test.afterAll(endBrowser);
