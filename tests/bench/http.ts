/**
 * @module
 * How fast the HTTP API answers over a million jobs while two workers drain them, and what an open dashboard costs the
 * workers.
 */
import { systemClock } from "../../src/system/clock.ts";
import { startDashboard, TOKEN } from "../helpers/dashboard.ts";
import { inTurns, percentile, showMs, timeMs } from "./measure.ts";
import { background, queuectlMs } from "./program.ts";
import type { Result, Row } from "./row.ts";

const SAMPLES = 200;
const JOBS = 2000;
const TARGET_MS = 20;
/** Pages of a thousand that are gone through before the deep page. */
const DEEP = 50;

const headers = { authorization: `Bearer ${TOKEN}` };

/** The API, and the dashboard's cost. */
export const HTTP: Row = {
  name: "http",
  async run(fixtures) {
    const { home } = await fixtures.million();
    await using server = await startDashboard(home.dir);
    const get = async (path: string) => await (await fetch(`${server.url}api/v1${path}`, { headers })).json();
    let cursor = "";
    for (let page = 0; page < DEEP; page++) {
      ({ cursor } = await get(`/jobs?limit=1000${cursor && `&cursor=${cursor}`}`));
    }
    const results: Result[] = [];
    {
      await using _workers = background(["worker", "start", "--count", "2"], home.dir);
      const rows = [
        ["GET /jobs, first page", "/jobs"],
        ["GET /jobs, deep page", `/jobs?cursor=${cursor}`],
        ["GET /jobs, one state", "/jobs?state=pending&sort=priority"],
        ["GET /status", "/status"],
        ["GET /metrics/series", "/metrics/series"],
      ] as const;
      for (const [what, path] of rows) results.push(await answering(what, () => get(path)));
      results.push(await whileSearching(get));
    }
    results.push(await costOfWatching(() => fixtures.filled(JOBS)));
    return results;
  },
};

/** One after the other, not as fast as possible: a person looks, and workers work meanwhile. */
async function answering(what: string, ask: () => Promise<unknown>): Promise<Result> {
  const samples: number[] = [];
  for (let n = 0; n < SAMPLES; n++) {
    samples.push(await timeMs(ask));
    await systemClock.sleep(10);
  }
  return {
    what: `${what}, 1,000,000 jobs, p95 of ${SAMPLES}`,
    measured: showMs(percentile(samples, 0.95)),
    against: `median ${showMs(percentile(samples, 0.5))}`,
    figure: percentile(samples, 0.95),
    target: { atMost: TARGET_MS },
  };
}

/** Someone looks for what is not there, again and again: all jobs are gone through each time. */
async function whileSearching(get: (path: string) => Promise<unknown>): Promise<Result> {
  let over = false;
  const searches: number[] = [];
  const searching = (async () => {
    while (!over) searches.push(await timeMs(() => get("/jobs?search=nothing-like-it")));
  })();
  const status = await answering("GET /status while another searches", () => get("/status"));
  over = true;
  await searching;
  return { ...status, against: `a search ${showMs(percentile(searches, 0.5))}`, target: null };
}

/** What the overview asks for after each change, and how long it then waits at least, as `web/api.js` and `web/overview.js` have it. */
const OVERVIEW = ["/queues", "/metrics/series?range=hour"];
const PAGE_PAUSE_MS = 500;

/**
 * Draining with the overview open, against draining alone. A page's requests are played; to draw it would take time on
 * the machine of whoever looks, which need not be this one.
 */
async function costOfWatching(filled: () => Promise<{ home: { dir: string } }>): Promise<Result> {
  const drain = (home: string) => queuectlMs(["worker", "start", "--count", "2", "--burst"], home);
  const watched = async () => {
    const { home } = await filled();
    await using server = await startDashboard(home.dir);
    const leaving = new AbortController();
    const response = await fetch(`${server.url}api/v1/events`, { headers, signal: leaving.signal });
    let askedMs = -Infinity;
    const read = response.body!.pipeTo(
      new WritableStream({
        async write() {
          if (systemClock.monotonicMs() - askedMs < PAGE_PAUSE_MS) return;
          askedMs = systemClock.monotonicMs();
          await Promise.all(OVERVIEW.map(async (path) => {
            await (await fetch(`${server.url}api/v1${path}`, { headers })).bytes();
          }));
        },
      }),
    ).catch(() => {});
    const ms = await drain(home.dir);
    leaving.abort();
    await read;
    return ms;
  };
  const { first, second, ratio } = await inTurns(watched, async () => drain((await filled()).home.dir));
  return {
    what: `drain ${JOBS} jobs with the dashboard open`,
    measured: showMs(first),
    against: `without ${showMs(second)}`,
    figure: ratio,
    target: { atMost: 1.05 },
  };
}
