/**
 * @module
 * What is seen at first: what is wrong, with a way to where it is put right; queues and dead letters; and who sees what.
 */
import assert from "node:assert/strict";
import {
  browserTest,
  endBrowser,
  goes,
  keepPicture,
  reads,
  says,
  seriousProblems,
  visit,
} from "../helpers/browser.ts";
import { READ_TOKEN, startDashboard } from "../helpers/dashboard.ts";
import { claim, death, exchangeOf, newJob, newSupervisor } from "../helpers/jobs.ts";
import { bytes } from "../store_contract/suite.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

/** Of the browser, where functions that are handed to its pages run. */
// deno-lint-ignore no-explicit-any -- its types would stand beside Deno's everywhere
declare const document: any;

/** A server whose store has a paused queue, one that nobody serves, and dead jobs of three kinds. */
async function place() {
  const test = await testStore();
  const { store } = test;
  const now = Date.now();
  const workers = [{ id: "s-worker", slots: 9, queues: ["mail", "etl", "bulk"] }];
  await store.register(newSupervisor("s", { startedAt: now, leaseUntil: now + 3_600_000, workers }));
  const add = (count: number, queue: string) =>
    store.enqueue(Array.from({ length: count }, () => newJob({ queue })), { now, idFormat: "short" });
  const die = async (queue: string, stderrs: readonly string[]) => {
    await add(stderrs.length, queue);
    const claimed = await claim(store, "s", { count: stderrs.length, now, queues: [queue] });
    await store.exchange(exchangeOf("s", {
      now,
      output: claimed.map(({ token }, n) => ({
        token,
        pieces: [{ stream: "stderr", start: 0, bytes: bytes(stderrs[n]!) }],
      })),
      settlements: claimed.map(({ token }) => ({ ...death(token), finishedAt: now })),
    }));
  };
  await die("mail", Array.from({ length: 120 }, (_, n) => `no mailbox user${n}@example.com`));
  await die("mail", ["smtp: refused", "smtp: refused"]);
  await die("etl", ["cat: /data/1.csv: No such file or directory"]);
  await add(12_345, "bulk");
  await add(2, "gpu");
  await store.setQueue("bulk", { paused: true });
  const server = await startDashboard(test.home);
  return {
    test,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      test[Symbol.dispose]();
    },
  };
}

browserTest("the overview begins with what is wrong, and each of it is put right from there", async () => {
  await using one = await place();
  await using visited = await visit(one.server.url);
  const { page } = visited;
  await reads(
    page.locator(".trouble .says"),
    "Nobody serves gpu; 2 wait",
    "mail: 120 jobs are dead with the same error no mailbox …@…",
    "mail: 2 jobs are dead with the same error smtp: refused",
    "etl: 1 job is dead cat: …: No such file or directory",
    "bulk is paused; 12,345 wait",
  );
  await reads(page.locator(".tile.pending strong"), "12k");
  await page.getByRole("img", { name: /Attempts by minute.* enqueued: 12k in all/ }).waitFor();
  assert.deepEqual(await seriousProblems(page), []);
  await keepPicture(page, "overview-troubles");

  await page.getByRole("button", { name: "Retry 120" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Retry 120 jobs" }).click();
  await says(page, "Queued again: 120 jobs");
  await page.locator(".trouble.paused").getByRole("button", { name: "Resume" }).click();
  await page.locator(".trouble.paused").waitFor({ state: "detached" });
  assert.equal((await one.test.store.queue("bulk"))!.paused, false);
  await page.getByRole("link", { name: "Nobody serves gpu; 2 wait" }).click();
  await page.waitForURL(/\/queues\/gpu$/);
  await page.getByText("nobody takes its jobs").waitFor();
});

browserTest("dead letters are found and changed by group, all of a group at once", async () => {
  await using one = await place();
  await using visited = await visit(`${one.server.url}dead`);
  const { page } = visited;
  await page.getByRole("link", { name: "smtp: refused" }).click();
  await page.waitForURL(/died_of=smtp/);
  await page.waitForFunction(() => document.querySelectorAll("table.jobs tbody tr").length === 2);
  const many = page.getByRole("row", { name: /no mailbox/ });
  await many.getByRole("img", { name: "120 in the last day" }).waitFor();
  await many.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete 120 jobs" }).click();
  await says(page, "Deleted 120 jobs");
  assert.equal((await one.test.store.summary(0)).counts.dead, 3);
  await page.goto(`${one.server.url}dead?queue=etl`);
  await page.getByRole("button", { name: "Retry all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Retry the 1 job of etl" }).click();
  await page.getByText("No job has used up its retries").waitFor();
  assert.equal((await one.test.store.summary(0)).counts.dead, 2);
});

browserTest("a queue has a page: how it is, who serves it, and what can be set of it", async () => {
  await using one = await place();
  await using visited = await visit(`${one.server.url}queues/mail`);
  const { page } = visited;
  await page.getByText("+122 in the last hour").waitFor();
  await page.getByRole("link", { name: "no mailbox …@…" }).waitFor();
  await page.getByText("9 at a time on host").waitFor();
  await page.getByLabel(/^Limit/).fill("7");
  await page.getByLabel(/^Keep dead jobs for/).fill("30d");
  await page.getByRole("button", { name: "Save" }).click();
  await until("it is set", async () => (await one.test.store.queue("mail"))!.concurrency === 7);
  assert.equal((await one.test.store.queue("mail"))!.retentionDeadMs, 30 * 86_400_000);
  assert.deepEqual(await seriousProblems(page), []);
  await keepPicture(page, "queue");
});

browserTest("what can be done in a row is on the screen, however wide that is", async () => {
  await using one = await place();
  await using visited = await visit(one.server.url);
  const { page } = visited;
  for (const path of ["", "queues", "dead"]) {
    if (path !== "") await goes(page, path);
    await page.locator("td.acts button").first().waitFor();
    for (const width of [390, 1024, 1440, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await until(
        `all buttons of ${path} are on the screen at ${width}`,
        () =>
          page.evaluate(() =>
            [...document.querySelectorAll("td.acts button")].map((button) => button.getBoundingClientRect())
              .every(({ left, right }) => left >= 0 && right <= document.documentElement.clientWidth)
          ),
      );
    }
  }
});

browserTest("who may only look is shown no secrets, and sees the audit log", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  await test.enqueue("load postgres://app:hunter2@db", { id: "secret", env: { API_TOKEN: "hunter2" } });
  await using visited = await visit(server.url, { stranger: true });
  const { page } = visited;
  visited.forgive(/401/);
  await page.goto(`${server.url}?token=${READ_TOKEN}`);
  await page.goto(`${server.url}jobs/secret`);
  await page.getByText("postgres://app:••••••@db").first().waitFor();
  assert.ok(!(await page.content()).includes("hunter2"));
  const refused = await page.evaluate(() =>
    fetch("/api/v1/queues/mail", {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: '{"paused":true}',
    }).then(({ status }) => status)
  );
  assert.equal(refused, 403);
  await page.goto(`${server.url}audit`);
  await page.getByRole("row", { name: /refused .*PATCH \/api\/v1\/queues\/mail 403/ }).waitFor();
  await page.getByRole("button", { name: "logins", exact: true }).click();
  await page.waitForURL(/kind=login/);
  await page.getByRole("row", { name: /login .*GET \/ 303/ }).waitFor();
  await page.getByRole("row", { name: /refused/ }).first().waitFor({ state: "detached" });
  assert.deepEqual(await seriousProblems(page), []);
  await keepPicture(page, "audit");
  visited.forgive(/40[13]/);
});

browserTest("a copy of a job has its secrets, and shows none of them", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  await test.enqueue("true", { id: "secret", env: { API_TOKEN: "hunter2", PLAIN: "plain" }, held: true });
  await using visited = await visit(`${server.url}enqueue?from=secret`);
  const { page } = visited;
  await page.waitForFunction(() =>
    document.querySelector("textarea[name=env]")?.value.includes("PLAIN=plain")
  );
  const shown = await page.getByLabel("Environment").inputValue();
  assert.ok(shown.includes("API_TOKEN=••••••"), shown);
  assert.doesNotMatch((await page.getByLabel("Command line").textContent())!, /hunter2/);
  await page.getByRole("button", { name: "Enqueue", exact: true }).click();
  await page.waitForURL(/\/jobs\/j\d+$/);
  const copy = await test.store.get(new URL(page.url()).pathname.split("/").at(-1)!);
  assert.deepEqual(copy!.env, { API_TOKEN: "hunter2", PLAIN: "plain" });
});

Deno.test.afterAll(endBrowser);
