/**
 * @module
 * Whether the pages keep up: 20 changes a second for ten seconds while the overview, and then the jobs, are open in a real
 * browser. What is measured is the longest time for which the page could not have answered a key.
 */
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { BROWSER, endBrowser, visit } from "../helpers/browser.ts";
import { startDashboard } from "../helpers/dashboard.ts";
import { newJob } from "../helpers/jobs.ts";
import { until } from "../helpers/until.ts";
import { showMs } from "./measure.ts";
import { background } from "./program.ts";
import type { Result, Row } from "./row.ts";

const CHANGES = 200;
const PAUSE_MS = 50;
const TARGET_MS = 100;

/** Pages under change. */
export const PAGES: Row = {
  name: "pages",
  async run(fixtures) {
    if (BROWSER === undefined) {
      console.error("There is no browser here: the row is left out");
      return [];
    }
    const { home } = fixtures.fresh();
    const store = await openStore(home);
    await using server = await startDashboard(home.dir);
    await using _worker = background(["worker", "start", "--count", "2"], home.dir);
    const results: Result[] = [];
    for (const path of ["", "jobs"]) {
      await using visited = await visit(server.url + path);
      await visited.page.locator("main h1").first().waitFor({ state: "attached" });
      await visited.page.evaluate(observe);
      for (let n = 0; n < CHANGES; n++) {
        await store.enqueue([newJob()], { now: systemClock.now(), idFormat: "short" });
        await systemClock.sleep(PAUSE_MS);
      }
      const longest = await visited.page.evaluate(longestTask);
      await visited.page.evaluate(block);
      // Were the page not observed, nothing would ever be long.
      await until(
        "a page that is blocked on purpose is noticed",
        async () => await visited.page.evaluate(longestTask) >= TARGET_MS,
      );
      results.push({
        what: `/${path} in a browser, ${1000 / PAUSE_MS} changes a second`,
        measured: `longest task ${showMs(longest)}`,
        against: "",
        figure: longest,
        target: { atMost: TARGET_MS },
      });
    }
    await endBrowser();
    store.close();
    return results;
  },
};

interface Observed {
  longest: number;
}

/** Runs in the page. Tasks of less than 50 ms are none to the browser. */
function observe(): void {
  const observed = globalThis as unknown as Observed;
  observed.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) observed.longest = Math.max(observed.longest, duration);
  }).observe({ type: "longtask" });
}

/** Runs in the page. */
function longestTask(): number {
  return (globalThis as unknown as Observed).longest;
}

/** Runs in the page, which cannot do anything else meanwhile. What the driver calls is no task of the page's own. */
function block(): void {
  setTimeout(() => {
    const end = performance.now() + 200;
    while (performance.now() < end);
  });
}
