/**
 * @module
 * The view of what a job prints, in a real browser: quick with much of it, obedient to the reader, and open to keys.
 */
import assert from "node:assert/strict";
import {
  browserTest,
  endBrowser,
  isReadable,
  keepPicture,
  problems,
  RULES_OF_COLOURS,
  visit,
} from "../helpers/browser.ts";
import { DEAD } from "../helpers/hand_worker.ts";
import { MANY, printMuch, runningJob } from "../helpers/printing_job.ts";
import { until } from "../helpers/until.ts";

/** Of the browser, where functions that are handed to its pages run. */
// deno-lint-ignore no-explicit-any -- its types would stand beside Deno's everywhere
declare const document: any, getSelection: any, navigator: any, KeyboardEvent: any;

browserTest(
  "of a hundred thousand lines, 5 MB, only those that can be seen are there; all are looked through",
  async () => {
    await using one = await runningJob();
    await printMuch(one.attempt, `${MANY}\x1b[31mError: \x1b[1mREFUSED\x1b[0m at last\n`);
    await using visited = await visit(one.url, { viewport: { width: 1440, height: 900 } });
    const { page } = visited;
    const log = page.getByRole("region", { name: "Output" });
    const rows = page.locator(".log .row");
    await log.getByText("at last").waitFor();
    assert.ok(await rows.count() < 150);
    for (const part of [0.5, 0.1, 0.9, 0]) {
      await log.evaluate((log, part) => log.scrollTop = (log.scrollHeight - log.clientHeight) * part, part);
      const line = Math.round(part * 99_970) + 1;
      await page.locator(`.log a.ln[data-n="${line}"]`).waitFor({ state: "attached" });
      assert.ok(await rows.count() < 150);
    }

    const field = page.getByLabel("Find");
    await log.focus();
    await page.keyboard.press("Control+f");
    await page.keyboard.type("refused");
    await page.getByText("1 of 1", { exact: true }).waitFor();
    const found = page.locator(".log .x:has(mark) span").first();
    await until(
      "it is found in its colour",
      async () => /color/.test(await found.getAttribute("style") ?? ""),
    );
    await field.fill("line 4999");
    await page.getByText("1 of 11", { exact: true }).waitFor();
    const now = async () => await page.locator(".log .row:has(mark.now) a.ln").getAttribute("data-n");
    await until("the first one below what is seen is gone to", async () => await now() === "4999");
    await field.press("Enter");
    await until("the next one is gone to", async () => await now() === "49990");
    await field.press("Shift+Enter");
    await field.press("Shift+Enter");
    await page.getByText("11 of 11", { exact: true }).waitFor();
    await one.attempt.print("stdout", "line 4999 again\n");
    await page.getByText("11 of 12", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("12 of 12", { exact: true }).waitFor();
    await field.evaluate((field) => { // one key after the other, before the page has drawn
      field.value = "refused";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    });
    await page.getByText("1 of 1", { exact: true }).waitFor();
    await page.locator("mark.now").waitFor();
    await field.press("Escape");
    await page.locator("mark").first().waitFor({ state: "detached" });
    await field.fill("(nowhere[");
    await page.getByText("none", { exact: true }).waitFor();
    await one.attempt.end();
    await page.getByRole("button", { name: "Jump to end" }).click();
    await page.getByText(/^completed .* with exit code 0$/).waitFor();
  },
);

browserTest("a line that comes draws no more than what can be seen, however much came before", async () => {
  await using one = await runningJob();
  await printMuch(one.attempt, "\x1b[32mline\x1b[0m of before\n".repeat(7200));
  await using visited = await visit(one.url, { viewport: { width: 1440, height: 900 } });
  const { page } = visited;
  await page.locator('.log a.ln[data-n="7200"]').waitFor();
  await page.evaluate(`globalThis.changes = 0;
    new MutationObserver((all) => {
      for (const { addedNodes } of all) globalThis.changes += addedNodes.length;
    }).observe(document.querySelector(".log"), { childList: true, subtree: true })`);
  const LINES = 30;
  for (let n = 0; n < LINES; n++) {
    await one.attempt.print("stdout", `\x1b[31mline\x1b[0m ${n} of now\n`);
    await page.getByText(`line ${n} of now`).waitFor();
  }
  const changes = await page.evaluate("globalThis.changes") as number;
  assert.ok(changes >= LINES && changes <= LINES * 150, `${changes} nodes for ${LINES} lines`);
});

browserTest("one line of 5 MB is cut where it says so, and shown as a whole when asked for", async () => {
  await using one = await runningJob();
  await printMuch(one.attempt, `before\n${"0123456789".repeat(500_000)}THE END\nafter\n`);
  await using visited = await visit(one.url, { viewport: { width: 1440, height: 900 } });
  const { page } = visited;
  await page.getByText("after", { exact: true }).waitFor();
  const more = page.getByRole("button", { name: "Show all 5,000,007 characters of this line" });
  await more.waitFor();
  await more.click();
  await more.waitFor({ state: "detached" });
  await page.getByLabel("Find").fill("the end");
  await page.locator("mark.now").waitFor();
  assert.equal(await page.locator("mark.now").textContent(), "THE END");
  for (const name of ["Wrap", "Wrap"]) {
    await page.getByRole("button", { name }).click();
    await page.locator(".log .row").first().waitFor();
  }
});

browserTest("following lets go at once when the reader scrolls up, and goes on at the end", async () => {
  await using one = await runningJob();
  await printMuch(one.attempt, "earlier line\n".repeat(500));
  await using visited = await visit(one.url);
  const { page } = visited;
  const log = page.getByRole("region", { name: "Output" });
  const jump = page.getByRole("button", { name: "Jump to end" });
  const top = () => log.evaluate((log) => Math.round(log.scrollTop));
  await page.locator('.log a.ln[data-n="500"]').waitFor();
  await one.attempt.print("stdout", "followed\n");
  await log.getByText("followed").waitFor();
  assert.equal(await jump.count(), 0);
  const end = await top();
  await log.hover();
  await page.mouse.wheel(0, -60);
  await jump.waitFor();
  await until("it is scrolled", async () => await top() === end - 60);
  for (let n = 0; n < 20; n++) await one.attempt.print("stdout", `new ${n}\n`);
  await until("the new lines are known", async () => {
    await page.evaluate(() => new Promise((done) => setTimeout(done)));
    return await log.evaluate((log) =>
      log.scrollHeight / document.querySelector(".log .row").getBoundingClientRect().height
    ) >= 520.5;
  });
  assert.equal(await top(), end - 60);
  await jump.click();
  await log.getByText("new 19").waitFor();
  await one.attempt.print("stdout", "followed again\n");
  await log.getByText("followed again").waitFor();
  await log.press("Home");
  await jump.waitFor();
  await log.press("End");
  await jump.waitFor({ state: "detached" });

  // something is drawn before the page hears that the reader has scrolled
  await log.evaluate((log) => {
    log.scrollTop -= 200;
    document.querySelector(".log-find input").dispatchEvent(new Event("input", { bubbles: true }));
  });
  await jump.waitFor();
  assert.ok(await log.evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop) > 150);
});

browserTest("lines have addresses: one, or several by Shift, gone to when the page is opened", async () => {
  await using one = await runningJob();
  await printMuch(one.attempt, MANY.slice(0, 300_000));
  await one.attempt.end(DEAD);
  await using visited = await visit(`${one.url}#L120-L122`);
  const { page } = visited;
  const numbers = () =>
    page.locator(".log .selected a.ln").evaluateAll((all) => all.map((one) => one.dataset.n));
  await page.locator('.log .selected a.ln[data-n="120"]').waitFor();
  await until("they are marked", async () => (await numbers()).join() === "120,121,122");
  await page.getByRole("link", { name: "Line 125" }).click();
  await page.waitForURL(/\?attempt=1#L125$/);
  await page.getByRole("link", { name: "Line 128" }).click({ modifiers: ["Shift"] });
  await page.waitForURL(/#L125-L128$/);
  await until("they are marked", async () => (await numbers()).join() === "125,126,127,128");
  await page.reload();
  await page.locator('.log .selected a.ln[data-n="128"]').waitFor();
  await page.getByRole("link", { name: "Line 128" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#L129$/);
  await page.keyboard.press("Shift+ArrowDown");
  await page.waitForURL(/#L129-L130$/);
});

browserTest(
  "what was not kept says so in its place; streams, wrapping, times and full screen are chosen",
  async () => {
    await using one = await runningJob();
    await one.attempt.print("stdout", "begin\n");
    await one.attempt.print("stdout", `end ${"wide ".repeat(100)}\n`, 1_000_006);
    await one.attempt.print("stderr", "warning: \x1b]8;;https://example.com/help\x1b\\help\x1b]8;;\x1b\\\n");
    await one.attempt.end(DEAD);
    await using visited = await visit(one.url);
    const { page } = visited;
    const log = page.getByRole("region", { name: "Output" });
    await log.getByText("1.00 MB of stdout that stood here are not kept").waitFor();
    await until("all lines are there", async () => await page.locator(".log a.ln").count() === 3);
    assert.equal(await log.getByText(/^begin/).count(), 1);
    const link = log.getByRole("link", { name: "help" });
    assert.deepEqual([await link.getAttribute("href"), await link.getAttribute("rel")], [
      "https://example.com/help",
      "noopener noreferrer",
    ]);
    const rows = await page.locator(".log .row").count();
    await page.getByRole("button", { name: "Wrap" }).click();
    await until("the wide line is one row", async () => await page.locator(".log .row").count() < rows);
    assert.ok(await log.evaluate((log) => log.scrollWidth > log.clientWidth));
    await page.getByLabel("Stream").selectOption("stderr");
    await log.getByText("begin").waitFor({ state: "detached" });
    await page.waitForURL(/stream=stderr/);
    await page.getByRole("button", { name: "Full screen" }).click();
    await until("it is as high as the window", async () => (await log.boundingBox())!.height > 600);
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.activeElement.closest(".output.full") !== null));
    await keepPicture(page, "output-full-screen");
    await page.keyboard.press("Escape");
    await page.locator(".output.full").waitFor({ state: "detached" });
    await page.locator("[inert]").first().waitFor({ state: "detached" });
    await page.reload();
    assert.equal(await page.getByRole("button", { name: "Wrap" }).getAttribute("aria-pressed"), "false");
  },
);

browserTest("output is copied and saved, as it looks and as it was printed", async () => {
  await using one = await runningJob();
  await one.attempt.print("stdout", "\x1b[32mone\x1b[0m\n10 %\r100 %\nlast\n");
  await one.attempt.end();
  await using visited = await visit(one.url, { permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = visited;
  await page.getByText("100 %").waitFor();
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  const open = async () => {
    await page.locator(".menu:not([open])").waitFor(); // it is closed after what was chosen is done
    await page.getByText("Take away").click();
  };
  await open();
  await page.getByRole("button", { name: "Copy as shown" }).click();
  await until("it is copied", async () => await copied() === "one\n100 %\nlast");
  await open();
  await page.getByRole("button", { name: "Copy as printed" }).click();
  await until("it is copied", async () => await copied() === "\x1b[32mone\x1b[0m\n10 %\r100 %\nlast\n");
  const saved = async (click: () => Promise<void>) => {
    const [download] = await Promise.all([page.waitForEvent("download"), click()]);
    return [download.suggestedFilename(), Deno.readTextFileSync(await download.path())];
  };
  await open();
  assert.deepEqual(await saved(() => page.getByRole("button", { name: "Download as shown" }).click()), [
    "job-1.txt",
    "one\n100 %\nlast\n",
  ]);
  await open();
  assert.deepEqual(await saved(() => page.getByRole("link", { name: "Download as printed" }).click()), [
    "job-1.log",
    "\x1b[32mone\x1b[0m\n10 %\r100 %\nlast\n",
  ]);
  await until("what is selected is copied", async () => {
    await page.evaluate(() => {
      const rows = [...document.querySelectorAll(".log .x")];
      getSelection().setBaseAndExtent(rows[0].firstChild.firstChild, 1, rows[2].firstChild, 2);
    });
    await page.getByRole("region", { name: "Output" }).press("Control+c");
    return await copied() === "ne\n100 %\nla";
  });
});

browserTest(
  "output that cannot be loaded says so, and is there once it can; a broken stream goes on",
  async () => {
    await using one = await runningJob();
    await one.attempt.print("stdout", "first\n");
    await using visited = await visit(`${one.server.url}jobs`);
    const { page } = visited;
    await page.route("**/output/events*", (route) => route.abort());
    await page.goto(one.url);
    await page.getByText("The output cannot be loaded: the server cannot be reached. Trying again").waitFor();
    await page.unroute("**/output/events*");
    await page.getByRole("region", { name: "Output" }).getByText("first").waitFor();
    await page.getByText("cannot be loaded").waitFor({ state: "detached" });
    visited.forgive(/Failed to load|ERR_FAILED/);
  },
);

browserTest(
  "nobody is shut out: axe finds nothing in output of all colours, and keys reach everything",
  async () => {
    await using one = await runningJob();
    const colours = Array.from(
      { length: 256 },
      (_, n) => `\x1b[38;5;${n}mfront\x1b[0m \x1b[48;5;${n}mback\x1b[0m \x1b[7;38;5;${n}mboth\x1b[0m`,
    );
    await one.attempt.print("stdout", `${colours.join("\n")}\n`);
    await one.attempt.end(DEAD);
    await using visited = await visit(one.url);
    const { page } = visited;
    await page.getByText(/^failed .* with exit code 7$/).waitFor();
    await isReadable(page, "output");
    const log = page.getByRole("region", { name: "Output" });
    for (const part of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      await log.evaluate((log, part) => log.scrollTop = (log.scrollHeight - log.clientHeight) * part, part);
      await page.locator(`.log a.ln[data-n="${Math.round(1 + part * 222)}"]`).waitFor({
        state: "attached",
      });
      assert.deepEqual(await problems(page, RULES_OF_COLOURS), [], `at ${part}`);
    }
    await page.getByLabel("Find").fill("both");
    await page.locator("mark.now").waitFor();
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await problems(page, RULES_OF_COLOURS), [], `found, ${colorScheme}`);
      await keepPicture(page, `output-found-${colorScheme}`);
    }
    await page.getByLabel("Stream").focus();
    const reached: string[] = [];
    for (let n = 0; n < 12; n++) {
      reached.push(
        await page.evaluate(() => {
          const { activeElement: at } = document;
          return at.getAttribute("aria-label") ?? at.textContent;
        }),
      );
      await page.keyboard.press("Tab");
    }
    for (const name of ["Stream", "Wrap", "Times", "Find", "Take away", "Full screen", "Output"]) {
      assert.ok(reached.includes(name), `${name} is not among ${reached}`);
    }
    assert.ok(reached.some((name) => /^Line \d+$/.test(name)), `no line among ${reached}`);
  },
);

Deno.test.afterAll(endBrowser);
