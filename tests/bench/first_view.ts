/**
 * @module
 * What pages cost: to be seen first, with ten thousand queues, and while nobody does anything.
 */
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { BROWSER, endBrowser, type Visit, visit } from "../helpers/browser.ts";
import { startDashboard, TOKEN } from "../helpers/dashboard.ts";
import { newJob } from "../helpers/jobs.ts";
import { cpuOf, longestTask } from "../helpers/renderer_cpu.ts";
import type { Fixtures } from "./fixtures.ts";
import { showMs } from "./measure.ts";
import type { Result, Row } from "./row.ts";

const QUEUES = 10_000;
const IDLE_MS = 60_000;
const ROUNDS = 20;
/** Of the clock in which Linux counts CPU time. */
const TICK_MS = 10;

/** First views, and pages that nothing happens on. */
export const FIRST_VIEW: Row = {
  name: "view",
  async run(fixtures) {
    if (BROWSER === undefined) {
      console.error("There is no browser here: the row is left out");
      return [];
    }
    const results = [...await firstViews(fixtures), ...await manyQueues(fixtures), ...await idle(fixtures)];
    await endBrowser();
    return results;
  },
};

/** What the browser says of what it was sent: bodies as they were sent, and 300 bytes for the head of each. */
async function sent({ page }: Visit, what: RegExp): Promise<number> {
  const all = await page.evaluate(() =>
    performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
      .map((entry) => entry as unknown as { name: string; transferSize: number })
      .map(({ name, transferSize }) => ({ name, transferSize }))
  );
  return all.filter(({ name }) => what.test(name)).reduce((sum, { transferSize }) => sum + transferSize, 0);
}

async function firstViews(fixtures: Fixtures): Promise<Result[]> {
  const { home } = await fixtures.filled(100);
  await using server = await startDashboard(home.dir);
  const results: Result[] = [];
  for (const path of ["", "jobs", "jobs/j1", "queues/default"]) {
    await using visited = await visit(server.url, { stranger: true });
    visited.forgive(/401/);
    await visited.page.goto(`${server.url}${path}?token=${TOKEN}`);
    await visited.page.locator("main table, main pre, main .tile").first().waitFor();
    const bytes = await sent(visited, /^(?!.*uplot\.)/);
    results.push({
      what: `first view of /${path}, before the first chart`,
      measured: `${(bytes / 1000).toFixed(1)} kB compressed`,
      against: "",
      figure: bytes,
      target: { atMost: 60_000 },
    });
  }
  return results;
}

async function manyQueues(fixtures: Fixtures): Promise<Result[]> {
  const { home } = fixtures.fresh();
  const store = await openStore(home);
  const jobs = Array.from({ length: QUEUES }, (_, n) => newJob({ queue: `queue-${n}` }));
  await store.enqueue(jobs, { now: systemClock.now(), idFormat: "short" });
  store.close();
  await using server = await startDashboard(home.dir);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const get = async (path: string) => await (await fetch(`${server.url}api/v1/${path}`, { headers })).bytes();
  const asked = ["status", "troubled-queues?limit=20", "metrics", "metrics/series?range=hour", "store"];
  for (const path of asked) await get(path);
  const cpuMs = await cpuOfProcess(server.pid, async () => {
    for (let n = 0; n < ROUNDS; n++) for (const path of asked) await get(path);
  });
  let bytes = 0;
  for (const path of asked) bytes += (await get(path)).length;
  await using visited = await visit(server.url);
  const { page } = visited;
  await page.locator("main table").waitFor();
  const longest = await longestTask(page, async () => {
    await page.reload();
    await page.locator("main table").waitFor();
  });
  const what = "overview of 10,000 queues";
  return [
    {
      what: `${what}, all it asks for`,
      measured: cpuMs === null ? "unknown here" : `${showMs(cpuMs / ROUNDS)} of the server's CPU`,
      against: "",
      figure: (cpuMs ?? 0) / ROUNDS,
      target: { atMost: 100 },
    },
    {
      what: `${what}, uncompressed`,
      measured: `${(bytes / 1000).toFixed(0)} kB`,
      against: "",
      figure: bytes,
      target: { atMost: 200_000 },
    },
    {
      what: `${what} in a browser`,
      measured: `longest task ${showMs(longest)}`,
      against: "",
      figure: longest,
      target: { atMost: 100 },
    },
  ];
}

/** CPU time that a process takes while something is done, in ms; null where that is not to be learned. */
async function cpuOfProcess(pid: number, action: () => Promise<void>): Promise<number | null> {
  const taken = () => {
    const [, rest] = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ");
    const fields = rest!.split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  };
  if (Deno.build.os !== "linux") return null;
  const before = taken();
  await action();
  return taken() - before;
}

/** Once the server has heard its doorbell, as it does with the first change. */
async function idle(fixtures: Fixtures): Promise<Result[]> {
  const { home } = await fixtures.filled(100);
  await using server = await startDashboard(home.dir);
  const results: Result[] = [];
  for (const path of ["", "jobs/j1"]) {
    await using visited = await visit(server.url + path);
    const { page } = visited;
    await page.locator("main pre, main table").first().waitFor();
    const store = await openStore(home);
    await store.enqueue([newJob()], { now: systemClock.now(), idFormat: "short" });
    store.close();
    await systemClock.sleep(20_000); // figures that go by are asked for once more
    let requests = 0;
    page.on("request", () => requests++);
    const cpuMs = await cpuOf(page, () => systemClock.sleep(IDLE_MS));
    results.push({
      what: `/${path} in a browser, a minute in which nothing happens`,
      measured: `${requests} requests, ${showMs(cpuMs)} of CPU`,
      against: "",
      figure: requests === 0 ? cpuMs : Infinity,
      target: { atMost: IDLE_MS / 1000 }, // times that are told to the second are drawn anew
    });
  }
  return results;
}
