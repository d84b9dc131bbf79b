/**
 * @module
 * What limits cost: claiming and settling jobs that take of a hundred limits in turn, against jobs that take nothing in a
 * store that has none; jobs of ten thousand labels that are bound each, against as many of one label. And how exactly a rate is held
 * by a worker: how many jobs begin in ten seconds.
 */
import type { NewJob } from "../../src/domain/job.ts";
import type { Settlement, Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { newJob, newSupervisor, settlement } from "../helpers/jobs.ts";
import { until } from "../helpers/until.ts";
import type { Fixtures } from "./fixtures.ts";
import { inTurns, showMs, timeMs } from "./measure.ts";
import { background } from "./program.ts";
import type { Result, Row } from "./row.ts";

const JOBS = 5000;
const AT_ONCE = 100;
const LIMITS = 100;
const LABELS = 10_000;
const RATE = { count: 100, perMs: 1000, smooth: true };
const WATCHED_MS = 10_000;

/** Limits, labels, and a rate. */
export const LIMIT: Row = {
  name: "limits",
  async run(fixtures) {
    await using none = await draining(fixtures, () => ({}));
    await using limited = await draining(fixtures, (n) => ({ takes: `limit-${n % LIMITS}=1` }));
    for (let n = 0; n < LIMITS; n++) await limited.store.setLimit(`limit-${n}`, { atOnce: 10 });
    await using one = await draining(fixtures, () => ({ label: "one" }));
    await using many = await draining(fixtures, (n) => ({ label: `label-${n % LABELS}` }));
    for (const { store } of [one, many]) await store.setQueue("default", { perLabel: AT_ONCE });
    for (const { drain } of [none, limited, one, many]) await drain();
    const limits = await inTurns(limited.drain, none.drain);
    const labels = await inTurns(many.drain, one.drain);
    return [{
      what: `claim + settle, ${LIMITS} limits in turn`,
      measured: `${showMs(limits.first)} for ${JOBS}`,
      against: `no limits ${showMs(limits.second)}`,
      figure: limits.ratio,
      target: { atMost: 1.5 },
    }, {
      what: `claim + settle, ${LABELS} labels that are bound`,
      measured: `${showMs(labels.first)} for ${JOBS}`,
      against: `one label ${showMs(labels.second)}`,
      figure: labels.ratio,
      target: { atMost: 2 },
    }, await rateHeld(fixtures)];
  },
};

interface Draining extends AsyncDisposable {
  store: Store;
  /** Enqueues jobs, then claims and settles them; returns the ms of the latter. */
  drain(): Promise<number>;
}

async function draining(fixtures: Fixtures, job: (n: number) => Partial<NewJob>): Promise<Draining> {
  const store = await openStore(fixtures.fresh().home);
  const workers = [{ id: "w", slots: AT_ONCE, queues: null }];
  await store.register(newSupervisor("s", { leaseUntil: systemClock.now() + 3_600_000, workers }));
  let enqueued = 0;
  return {
    store,
    async drain() {
      const jobs = Array.from({ length: JOBS }, () => newJob(job(enqueued++)));
      await store.enqueue(jobs, { now: systemClock.now(), idFormat: "short" });
      return await timeMs(() => claimAndSettle(store));
    },
    [Symbol.asyncDispose]() {
      store.close();
      return Promise.resolve();
    },
  };
}

async function claimAndSettle(store: Store): Promise<void> {
  const free = new Array<string>(AT_ONCE).fill("w");
  let settlements: Settlement[] = [];
  for (let left = JOBS; left > 0; left -= settlements.length) {
    const now = systemClock.now();
    const { claimed } = await store.exchange({
      ...{ supervisor: "s", now, settlements, output: [], free, queues: null },
    });
    settlements = claimed.map(({ token }) => settlement(token, { startedAt: now, finishedAt: now }));
    if (claimed.length === 0) throw new Error(`Claimed nothing, with ${left} jobs left`);
  }
  await store.exchange({
    ...{ supervisor: "s", now: systemClock.now(), settlements, output: [], free: [], queues: null },
  });
}

/** How far what a worker begins in ten seconds is from what the rate says. */
async function rateHeld(fixtures: Fixtures): Promise<Result> {
  const { home } = fixtures.fresh();
  const store = await openStore(home);
  try {
    await store.setQueue("default", { rate: RATE });
    const meant = RATE.count * WATCHED_MS / RATE.perMs;
    const jobs = Array.from({ length: 2 * meant }, () => newJob());
    await store.enqueue(jobs, { now: systemClock.now(), idFormat: "short" });
    await using _worker = background(["worker", "start", "--slots", "8"], home.dir);
    const begun = async () => (await store.summary(0)).counts.completed;
    await until("it has warmed up", async () => await begun() >= meant / 10, 60_000);
    const before = await begun();
    const ms = await timeMs(() => systemClock.sleep(WATCHED_MS));
    const rate = (await begun() - before) / ms * 1000;
    return {
      what: `jobs a second at a rate of ${RATE.count}/s, and how far off that is`,
      measured: `${rate.toFixed(1)}/s`,
      against: `${RATE.count}/s`,
      figure: Math.abs(rate / RATE.count - 1),
      target: { atMost: 0.01 },
    };
  } finally {
    store.close();
  }
}
