/**
 * @module
 * The view of what a job prints, in a real browser: how long one scrolls through a hundred thousand lines, and what a
 * job costs that prints six lines a second after twenty minutes of them.
 */
import { systemClock } from "../../src/system/clock.ts";
import { BROWSER, endBrowser, visit } from "../helpers/browser.ts";
import { MANY, printMuch, runningJob } from "../helpers/printing_job.ts";
import { cpuOf, longestTask } from "../helpers/renderer_cpu.ts";
import { showMs } from "./measure.ts";
import type { Result, Row } from "./row.ts";

const WIDE = { viewport: { width: 1440, height: 900 } };
const PER_SECOND = 6;
const LINES = 60;

/** Output on its page. */
export const LOG: Row = {
  name: "log",
  async run() {
    if (BROWSER === undefined) {
      console.error("There is no browser here: the row is left out");
      return [];
    }
    const results = [await scrolling(), await following()];
    await endBrowser();
    return results;
  },
};

async function scrolling(): Promise<Result> {
  await using one = await runningJob();
  await printMuch(one.attempt, MANY);
  await one.attempt.end();
  await using visited = await visit(one.url, WIDE);
  const { page } = visited;
  const log = page.getByRole("region", { name: "Output" });
  await page.getByText(/^completed .* with exit code 0$/).waitFor();
  await log.getByText("line 100000 of").waitFor();
  await log.hover();
  const longest = await longestTask(page, async () => {
    for (let n = 0; n < 40; n++) await page.mouse.wheel(0, -700);
    for (const part of [0.5, 0.1, 0.9, 0]) {
      await log.evaluate((log, part) => log.scrollTop = (log.scrollHeight - log.clientHeight) * part, part);
      const line = Math.round(part * 99_970) + 1;
      await page.locator(`.log a.ln[data-n="${line}"]`).waitFor({ state: "attached" });
    }
  });
  return {
    what: "scrolling through 100,000 lines, 5 MB, in a browser",
    measured: `longest task ${showMs(longest)}`,
    against: "",
    figure: longest,
    target: { atMost: 50 },
  };
}

async function following(): Promise<Result> {
  await using one = await runningJob();
  const before = Array.from(
    { length: 20 * 60 * PER_SECOND },
    (_, n) => `\x1b[32mline\x1b[0m ${n} of before\n`,
  );
  await printMuch(one.attempt, before.join(""));
  await using visited = await visit(one.url, WIDE);
  const { page } = visited;
  await page.getByText(`line ${before.length - 1} of before`).waitFor();
  const startMs = systemClock.monotonicMs();
  const elapsedMs = () => systemClock.monotonicMs() - startMs;
  const cpuMs = await cpuOf(page, async () => {
    for (let n = 0; n < LINES; n++) {
      await one.attempt.print("stdout", `\x1b[31mline\x1b[0m ${n} of now\n`);
      await systemClock.sleep((n + 1) * 1000 / PER_SECOND - elapsedMs());
    }
    await page.getByText(`line ${LINES - 1} of now`).waitFor();
  });
  const part = cpuMs / elapsedMs();
  return {
    what: `following ${PER_SECOND} lines a second after twenty minutes of them`,
    measured: `${(part * 100).toFixed(1)} % of a core`,
    against: "",
    figure: part,
    target: { atMost: 0.05 },
  };
}
