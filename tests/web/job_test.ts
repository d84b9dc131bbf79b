/**
 * @module
 * The page of a job, in a real browser: output comes first, and what happens to the job elsewhere is told, not hidden.
 */
import assert from "node:assert/strict";
import { browserTest, endBrowser, isReadable, reads, undone, visit } from "../helpers/browser.ts";
import { READ_TOKEN, startDashboard } from "../helpers/dashboard.ts";
import { DEAD, type HandWorker, handWorker } from "../helpers/hand_worker.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

/** Of the browser, where functions that are handed to its pages run. */
// deno-lint-ignore no-explicit-any -- its types would stand beside Deno's everywhere
declare const document: any;

/** A job that failed three times and is dead, and others of its label before it. */
async function populate(test: TestStore): Promise<HandWorker> {
  const worker = await handWorker(test.store);
  for (let n = 0; n < 6; n++) {
    await test.enqueue("make encode", { id: `before-${n}`, label: "season" });
    await (await worker.claim()).end(n === 3 ? DEAD : {});
  }
  await test.enqueue("make encode", { id: "encode", label: "season", queue: "encode", env: { A: "b" } });
  const attempt = await worker.claim();
  await attempt.print("stdout", "\x1b[32mstarted\x1b[0m\n");
  await attempt.print("stderr", "connection refused\n");
  await attempt.end(DEAD);
  return worker;
}

browserTest(
  "output begins within the upper third; the rest stands beside it, or below it on a phone",
  async () => {
    using test = await testStore();
    await populate(test);
    await using server = await startDashboard(test.home);
    await using visited = await visit(`${server.url}jobs/encode`);
    const { page } = visited;
    await page.getByText("connection refused").waitFor();
    await page.getByRole("heading", { name: "The last 7 of this label" }).waitFor();
    const viewports = [[1440, 900], [2560, 1300], [390, 800]].map(([width, height]) => ({
      width: width!,
      height: height!,
    }));
    await isReadable(page, "job", viewports);
    for (const viewport of viewports) {
      await page.setViewportSize(viewport);
      let seen = "";
      const isRight = async () => {
        const output = (await page.getByRole("region", { name: "Output" }).boundingBox())!;
        const side = (await page.getByRole("complementary").boundingBox())!;
        seen = JSON.stringify({ viewport, output, side });
        if (viewport.width < 1000) return side.y >= output.y + output.height; // the rest is below it
        return output.y <= 300 && output.y + output.height <= viewport.height &&
          side.x >= output.x + output.width && side.y < output.y; // the rest is beside it
      };
      // its height follows that of the window a moment later
      await until("output and the rest are in their places", isRight).catch((error) =>
        assert.fail(`${error} ${seen}`)
      );
    }
  },
);

browserTest("attempts are tabs, and the history of a label tells how long is left", async () => {
  using test = await testStore();
  const worker = await populate(test);
  await test.enqueue("make encode", { id: "again", label: "season", maxRetries: 2 });
  const first = await worker.claim();
  await first.print("stdout", "one\n");
  await first.end({ ...DEAD, state: "failed", runAt: Date.now() });
  await (await worker.claim()).print("stdout", "two\n");
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs/again`);
  const { page } = visited;
  const output = page.getByRole("region", { name: "Output" });
  await output.getByText("two").waitFor();
  await page.getByText("2nd of 3 attempts").waitFor();
  await page.getByText(/p50 .* · 5 of 7 completed · .*(left|longer than usual)/).waitFor();
  await page.getByRole("link", { name: "Attempt 1 exit 7" }).click();
  await output.getByText("one").waitFor();
  await page.waitForURL(/attempt=1/);
  await page.getByLabel("Compare with").selectOption("2");
  await page.getByText("From attempt 2 to attempt 1: 1 lines gone, 1 new.").waitFor();
  await reads(page.locator(".log .x"), "- two", "+ one");
  await page.goBack();
  await output.getByText("two").waitFor();
});

browserTest(
  "what changed since it last worked, who changed it, and what was done can be undone",
  async () => {
    using test = await testStore();
    const worker = await handWorker(test.store);
    const lines = Array.from({ length: 40 }, (_, n) => `step ${n}\n`).join("");
    const common = { label: "nightly", maxRetries: 0 };
    await test.enqueue("make --fast", { ...common, id: "good", env: { TOKEN: "s3cret", MODE: "a" } });
    const good = await worker.claim();
    await good.print("stdout", `${lines}all is well\n`);
    await good.end();
    await test.enqueue("make --all", { ...common, id: "bad", env: { TOKEN: "s3cret", MODE: "b" } });
    const bad = await worker.claim();
    await bad.print("stdout", `${lines}no luck\n`);
    await bad.end(DEAD);
    await test.enqueue("make later", { id: "waits" });
    await using server = await startDashboard(test.home);
    await using visited = await visit(`${server.url}jobs/bad`);
    const { page } = visited;
    await page.getByRole("link", { name: "What changed since good completed" }).click();
    await page.getByText("From job good to attempt 1 of this one: 1 lines gone, 1 new.").waitFor();
    await reads(
      page.locator(".log .row"),
      ...["37 equal lines", "  step 37", "  step 38", "  step 39", "- all is well", "+ no luck"],
    );
    assert.equal(await page.locator(".log a.ln").first().getAttribute("data-n"), "38");
    const facts = page.locator(".job-output .facts");
    await until("it is told what changed", async () => {
      const changes = (await facts.innerText()).replaceAll(/\s+/g, " ");
      return /Command make --fast → make --all/.test(changes) && /Environment – → MODE/.test(changes);
    });
    await page.getByRole("button", { name: "Fold what is equal" }).click();
    await page.locator(".log .row").getByText("step 20", { exact: true }).waitFor();

    await page.goto(`${server.url}jobs/waits`);
    await undone(page, () => page.getByRole("button", { name: "Hold" }).click());
    assert.equal((await test.store.get("waits"))!.held, false);
    await page.getByRole("link", { name: "Who changed it by these pages" }).click();
    const requests = page.locator("table.audit code");
    await reads(requests, "POST /api/v1/jobs/waits/release", "POST /api/v1/jobs/waits/hold");
  },
);

browserTest("a job that is deleted elsewhere says so, and what was typed about it stays", async () => {
  using test = await testStore();
  await test.enqueue("make report", { id: "waits", held: true });
  await using server = await startDashboard(test.home);
  await using visited = await visit(`${server.url}jobs/waits`);
  const { page } = visited;
  await page.getByRole("button", { name: "Edit" }).click();
  const command = page.getByRole("textbox", { name: "Command" });
  await command.fill("make report --all");
  await test.store.hold(["waits"], false);
  const attempt = await (await handWorker(test.store)).claim();
  await page.getByText("The job is processing now").waitFor();
  assert.equal(await command.inputValue(), "make report --all");
  assert.ok(await page.getByRole("button", { name: "Save" }).isDisabled());
  await page.reload();
  await page.waitForFunction(() => document.querySelector("h1 .state")?.textContent === "processing");
  await attempt.end({ ...DEAD, state: "failed", runAt: Date.now() + 3_600_000 });
  await page.getByRole("button", { name: "Edit" }).click();
  assert.equal(await command.inputValue(), "make report --all");
  await page.getByRole("button", { name: "Throw away" }).click();
  await command.waitFor({ state: "detached" });
  await test.store.delete(["waits"]);
  await page.getByText("This job is not there any more").waitFor();
  await page.getByRole("group", { name: "Actions" }).waitFor({ state: "detached" });
  visited.forgive(/404/);
});

browserTest(
  "parts that cannot be loaded say so and come later; readers see no button that would be refused",
  async () => {
    using test = await testStore();
    await test.enqueue("make build", { id: "build" });
    await test.enqueue("make test", { id: "test", after: ["build"] });
    await using server = await startDashboard(test.home);
    await using visited = await visit(`${server.url}jobs`);
    const { page } = visited;
    await page.route("**/graph.js*", (route) => route.abort());
    await page.goto(`${server.url}jobs/test`);
    await page.getByText("The graph of what it needs could not be loaded").waitFor();
    await page.unroute("**/graph.js*");
    await page.locator(".graph .box").first().waitFor();
    visited.forgive(/Failed to (load|fetch)|ERR_FAILED|preload/);

    await using reader = await visit(`${server.url}jobs/test?token=${READ_TOKEN}`, { stranger: true });
    await reader.page.getByRole("heading", { name: "Why is it not running?" }).waitFor();
    await reader.page.locator(".graph .box").first().waitFor();
    assert.deepEqual(await reader.page.locator("main button").allTextContents(), []);
  },
);

Deno.test.afterAll(endBrowser);
