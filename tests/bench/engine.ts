/**
 * @module
 * The queue without processes: settle a hundred jobs and claim the next hundred, until 5,000 are done; in a store
 * with a million further pending jobs against one with none, and with every job in another of 10,000 queues against
 * one queue.
 */
import type { Settlement, Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { newJob, settlement } from "../helpers/jobs.ts";
import type { TempDir } from "../helpers/temp.ts";
import { fill, type Fixtures } from "./fixtures.ts";
import { type Comparison, inTurns, showMs, timeMs } from "./measure.ts";
import type { Row } from "./row.ts";

const BATCH = 100;
const BATCHES = 50;
const HOUR_MS = 3_600_000;
const WORKER = "worker-bench";

/** Claiming and settling. */
export const ENGINE: Row = {
  name: "engine",
  async run(fixtures) {
    await using big = await engineOn(await fixtures.million());
    await using small = await engineOn(fixtures.fresh());
    await big.drain(), await small.drain(); // compiles the code, for both alike
    const { first, second, ratio } = await inTurns(big.drain, small.drain);
    const jobs = BATCH * BATCHES;
    const queues = await manyQueues(fixtures);
    return [{
      what: `claim + settle, 1,000,000 pending`,
      measured: `${showMs(first)} for ${jobs}`,
      against: `none pending ${showMs(second)}`,
      figure: ratio,
      target: { atMost: 1.3 },
    }, {
      what: `claim + settle, ${QUEUES} queues with work`,
      measured: `${showMs(queues.first)} for ${jobs}`,
      against: `one queue ${showMs(queues.second)}`,
      figure: queues.ratio,
      target: { atMost: 2 },
    }];
  },
};

const QUEUES = 10_000;

/** Each job that is claimed is of another queue than the one before; all others wait meanwhile. */
async function manyQueues(fixtures: Fixtures): Promise<Comparison> {
  await using many = await engineOn(await inQueues(fixtures, QUEUES));
  await using one = await engineOn(await inQueues(fixtures, 1));
  await many.drain(), await one.drain();
  return await inTurns(many.drain, one.drain);
}

/** Three jobs for every queue, in turns: more than all drains together take. */
async function inQueues(fixtures: Fixtures, queues: number): Promise<TempDir> {
  const dir = fixtures.fresh();
  const store = await openStore(dir.home);
  const jobs = Array.from({ length: 3 * QUEUES }, (_, n) => newJob({ queue: `queue-${n % queues}` }));
  await store.enqueue(jobs, { now: systemClock.now(), idFormat: "short" });
  store.close();
  return dir;
}

/** A supervisor that pretends to run what it claims. */
interface Engine extends AsyncDisposable {
  /** Enqueues what one drain takes, then claims and settles as much; returns the ms of the latter. */
  drain(): Promise<number>;
}

async function engineOn(dir: TempDir): Promise<Engine> {
  const store = await openStore(dir.home);
  const supervisor = `supervisor-${crypto.randomUUID()}`;
  const now = systemClock.now();
  await store.register({
    id: supervisor,
    host: "bench",
    bootId: "bench",
    pidNamespace: "",
    pid: Deno.pid,
    startedAt: now,
    leaseUntil: now + HOUR_MS,
    workers: [{ id: WORKER, slots: BATCH, queues: null }],
  });
  return {
    async drain() {
      await fill(dir, BATCH * BATCHES);
      return await timeMs(() => claimAndSettle(store, supervisor));
    },
    async [Symbol.asyncDispose]() {
      await store.leave(supervisor);
      store.close();
    },
  };
}

async function claimAndSettle(store: Store, supervisor: string): Promise<void> {
  const free = new Array<string>(BATCH).fill(WORKER);
  let settlements: Settlement[] = [];
  for (let batch = 0; batch <= BATCHES; batch++) {
    const { claimed } = await store.exchange({
      supervisor,
      now: systemClock.now(),
      settlements,
      output: [],
      free: batch < BATCHES ? free : [],
      queues: null,
    });
    if (batch < BATCHES && claimed.length !== BATCH) {
      throw new Error(`Claimed ${claimed.length}, not ${BATCH}`);
    }
    settlements = claimed.map(({ token }) => settlement(token, { finishedAt: systemClock.now() }));
  }
}
