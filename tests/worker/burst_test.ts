/**
 * @module
 * When a burst is over, and what it says of what it waits for.
 */
import assert from "node:assert/strict";
import type { Waiting, WaitingFilter } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import { Burst } from "../../src/worker/supervisor/burst.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { startWorker, testStore } from "../helpers/worker.ts";
import { until } from "../helpers/until.ts";

const NOW = 1_000_000_000;
const HOUR = 3_600_000;

/** A burst, what it said, and what waits. */
function burst(leavesScheduled = false) {
  const jobs = { pending: 0, scheduled: [] as number[], failed: [] as number[] };
  const said: string[] = [];
  const waiting = ({ states }: WaitingFilter): Promise<Waiting> => {
    const due = states.flatMap((state) => jobs[state]);
    return Promise.resolve({
      pending: jobs.pending,
      later: due.length,
      nextDueAt: due.length === 0 ? null : Math.min(...due),
    });
  };
  const time = { ms: 0 };
  const clock = { ...systemClock, now: () => NOW, monotonicMs: () => time.ms };
  const list = () => Promise.resolve({ jobs: [], cursor: null });
  const shortages = () => Promise.resolve([]);
  const queue = () => Promise.resolve(undefined);
  const one = new Burst({
    ...{ store: { waiting, list, shortages, queue }, clock, queues: null, leavesScheduled },
    say: (text) => said.push(text),
  });
  return { jobs, said, time, isOver: (anyWait = true) => one.isOver(anyWait) };
}

Deno.test("a burst says what it waits for, once, and again when that changes", async () => {
  const { jobs, said, isOver } = burst();
  jobs.scheduled.push(NOW + HOUR - 90_000);
  assert.deepEqual([await isOver(), await isOver()], [false, false]);
  assert.deepEqual(said, ["waiting: 1 job is due in 58m30s"]);
  jobs.failed.push(NOW + 10_000);
  await isOver();
  assert.equal(said[1], "waiting: 2 jobs are due later, the first in 10s");
  jobs.failed.pop();
  await isOver();
  assert.equal(said.length, 3);
  assert.equal(await isOver(false), true);
});

Deno.test("a burst says once that jobs are pending that it cannot begin, when that goes on", async () => {
  const { jobs, said, time, isOver } = burst();
  for (jobs.pending = 9; jobs.pending > 1; jobs.pending -= 1) {
    await isOver();
    time.ms += 4000; // it runs one now and then
  }
  await isOver();
  assert.deepEqual(said, []);
  time.ms += 6000;
  assert.deepEqual([await isOver(), await isOver()], [false, false]);
  assert.deepEqual(said, ["waiting: 1 pending job that cannot begin here now; queuectl show says why"]);
});

Deno.test("a burst says nothing of waits that are over before one has read it", async () => {
  const { jobs, said, isOver } = burst();
  jobs.failed.push(NOW + 2000);
  assert.equal(await isOver(), false);
  assert.deepEqual(said, []);
});

Deno.test("a burst that leaves what is scheduled waits for retries, and says what it leaves", async () => {
  const { jobs, said, isOver } = burst(true);
  jobs.scheduled.push(NOW + HOUR, NOW + 2 * HOUR);
  jobs.failed.push(NOW + 60_000);
  assert.equal(await isOver(), false);
  assert.deepEqual(said, ["waiting: 1 job is due in 1m"]);
  jobs.failed.pop();
  jobs.pending = 1;
  assert.equal(await isOver(), false);
  jobs.pending = 0;
  assert.equal(await isOver(), true);
  assert.equal(said[1], "not waiting: 2 jobs are due later, the first in 1h");
});

Deno.test("worker start --burst says that it waits for a job that is due in an hour", async () => {
  using test = await testStore();
  await test.enqueue("true");
  await test.enqueue("true", { runAt: Date.now() + HOUR });
  await using worker = await startWorker(test.home, ["--burst"]);
  await until(
    "it says so",
    () => /j1 completed[^]*waiting: 1 job is due in (1h|59m\d+s)\n/.test(worker.printed()),
  );
});

Deno.test("worker start --burst --no-wait-scheduled runs what is there, retries included, and ends", async () => {
  using test = await testStore();
  await test.store.changeSettings(new Map([["backoff_base", "0.2"]]));
  await test.enqueue("exit 3", { maxRetries: 1 });
  await test.enqueue("true", { runAt: Date.now() + HOUR });
  const { code, stdout } = await queuectl(["worker", "start", "--burst", "--no-wait-scheduled"], {
    home: test.home,
  });
  assert.equal(code, 0);
  assert.match(stdout, /not waiting: 1 job is due in /);
  assert.deepEqual(await test.store.states(["j1", "j2"]), ["dead", "scheduled"]);
});

Deno.test("--no-wait-scheduled goes with --burst alone", async () => {
  using test = await testStore();
  const { code, stderr } = await queuectl(["worker", "start", "--no-wait-scheduled"], { home: test.home });
  assert.deepEqual([code, stderr], [
    2,
    "Cannot use --no-wait-scheduled without --burst: other workers wait for whatever comes\n",
  ]);
});

Deno.test("worker start --burst runs what it can, and leaves what needs a thing that nobody has", async () => {
  using test = await testStore();
  await test.store.setLimit("shut", { atOnce: 0 });
  await test.store.setQueue("paused", { paused: true });
  await test.enqueue("true", { queue: "paused" });
  await test.enqueue("true", { takes: "gpu=1" });
  await test.enqueue("true", { takes: "shut=1" });
  await test.enqueue("true", { slots: 4 });
  await test.enqueue("true");
  const { code, stdout } = await queuectl(["worker", "start", "--burst"], { home: test.home });
  assert.equal(code, 0);
  assert.match(
    stdout,
    /not waiting: 3 pending jobs for which nobody has "gpu", "shut", 4 slots; queuectl show says why/,
  );
  assert.deepEqual(await test.store.states(["j1", "j2", "j3", "j4", "j5"]), [
    ...["pending", "pending", "pending", "pending"],
    "completed",
  ]);
});
