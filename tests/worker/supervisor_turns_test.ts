/**
 * @module
 * Slow: nothing holds a supervisor's loop for long, however much there is to do: timers, leases and orders have their
 * turn. The supervisor is in this thread, whose turns are measured.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
import { presencePath } from "../../src/system/presence.ts";
import { probeHost } from "../../src/worker/process/posix/host.ts";
import { claim, exchangeOf, newJob, newSupervisor, settlement } from "../helpers/jobs.ts";
import { loopTurns, ThreadTime } from "../helpers/loop_turns.ts";
import { startSupervisor, storeWith, type Unusual } from "../helpers/supervisor.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

/** What a turn usually takes at most, in ms of processor time: on a quiet machine half of it, on a busy one more. */
const MOST_MS = 20;
/**
 * Collecting garbage, compiling code and a kernel with many page faults at once can make single turns several times as
 * long, the more so as other test files run in the same process (130 ms was seen). What is done for as many as there are
 * takes longer than this, with as many as there are here.
 */
const MOST_ONCE_MS = 200;
/** A busy machine holds turns up now and then, what is too much holds them up each time. */
const TRIES = 3;
/** Jobs that one exchange claims and settles at most; it is one turn, and the work of which turns consist. */
const JOBS_OF_AN_EXCHANGE = 50;
/**
 * Of how many such exchanges a turn may take the time. On a machine where one takes less than 10 ms, the bounds above
 * are what counts; where the same work takes several times as long, because others use the same processor and its
 * caches, they are moved with it.
 */
const EXCHANGES_OF_A_TURN = 2;

/** Asserts that 9 of 10 turns are short, and none is very long. */
async function assertShortTurns(work: () => Promise<unknown>): Promise<void> {
  const slowness = Math.max(1, EXCHANGES_OF_A_TURN * await exchangeMs() / MOST_MS);
  const turns = await loopTurns(work);
  const usual = turns[Math.floor(turns.length / 10)]!;
  const longest = turns.slice(0, 9).map((ms) => ms.toFixed(1)).join(" ");
  const said = `the longest of ${turns.length}: ${longest}; bounds times ${slowness.toFixed(1)}`;
  assert.ok(usual <= MOST_MS * slowness, said);
  assert.ok(turns[0]! <= MOST_ONCE_MS * slowness, said);
}

/** What it takes now to settle as many jobs as one exchange does, and to claim the next, in ms of processor time: in the middle of some. */
async function exchangeMs(): Promise<number> {
  using test = await testStore();
  using time = new ThreadTime();
  const count = JOBS_OF_AN_EXCHANGE;
  await enqueue(test, times(12 * count, "true"));
  await test.store.register(newSupervisor("alone"));
  const free = new Array(count).fill("alone-1");
  let settlements: ReturnType<typeof settlement>[] = [];
  const took: number[] = [];
  for (let n = 0; n < 12; n++) {
    const before = time.usedMs;
    const now = Date.now();
    const { claimed } = await test.store.exchange(exchangeOf("alone", { now, settlements, free }));
    took.push(time.usedMs - before);
    assert.equal(claimed.length, count);
    settlements = claimed.map(({ token }) => settlement(token, { finishedAt: now }));
  }
  return took.sort((a, b) => a - b)[6]!;
}

/** Commands, enqueued at once. */
async function enqueue(test: TestStore, commands: readonly string[], queues = 1): Promise<void> {
  const jobs = commands.map((command, n) =>
    newJob({ command, cwd: test.dir.path, maxRetries: 0, queue: `queue-${n % queues}` })
  );
  await test.store.enqueue(jobs, { now: Date.now(), idFormat: "short" });
}

/** Runs all that is queued. */
async function burst(test: TestStore, unusual: Unusual): Promise<void> {
  const supervisor = await startSupervisor(test, { ...unusual, burst: true });
  await supervisor.run();
}

function times(count: number, command: string): string[] {
  return new Array(count).fill(command);
}

function turnsTest(name: string, run: (test: TestStore) => Promise<void>): void {
  Deno.test({
    name,
    ignore: Deno.build.os !== "linux",
    async fn() {
      for (let left = TRIES - 1;; left--) {
        try {
          return await tryOnce(run);
        } catch (error) {
          if (left === 0) throw error;
        }
      }
    },
  });
}

/** What a process does for the first time takes longer, so a job has been run before. */
async function tryOnce(run: (test: TestStore) => Promise<void>): Promise<void> {
  using test = await testStore();
  await enqueue(test, ["echo warm; exit 3"]);
  await burst(test, {});
  await run(test);
}

turnsTest("a turn that is held is noticed", async (test) => {
  using time = new ThreadTime();
  const exchange: Store["exchange"] = (wanted) => {
    const endMs = time.usedMs + 500;
    while (time.usedMs < endMs);
    return test.store.exchange(wanted);
  };
  await enqueue(test, ["true"]);
  await assert.rejects(
    assertShortTurns(() => burst(test, { store: storeWith(test.store, { exchange }) })),
    /the longest of/,
  );
});

turnsTest("thousands of brief jobs hold nothing up", async (test) => {
  await enqueue(test, times(1500, "true"));
  await assertShortTurns(() => burst(test, { count: 2, slots: 16 }));
});

turnsTest("jobs of hundreds of queues hold nothing up", async (test) => {
  await enqueue(test, times(1000, "true"), 500);
  await assertShortTurns(() => burst(test, { count: 2, slots: 8 }));
});

turnsTest("much output that comes at once holds nothing up", async (test) => {
  await enqueue(test, times(30, "until [ -e go ]; do sleep 0.1; done; head -c 1048576 /dev/zero"));
  const supervisor = await startSupervisor(test, { count: 2, slots: 15, burst: true });
  await assertShortTurns(async () => {
    const ran = supervisor.run();
    await until("all have begun", () => supervisor.busy === 30);
    Deno.writeTextFileSync(test.dir.file("go"), "");
    await ran;
  });
});

turnsTest("hundreds of jobs that are killed at once hold nothing up", async (test) => {
  await enqueue(test, times(300, "echo >>begun; exec sleep 1000"));
  const supervisor = await startSupervisor(test, { count: 2, slots: 150 });
  const ran = supervisor.run();
  await until("all have begun", () => sizeOf(test.dir.file("begun")) === 300);
  await assertShortTurns(async () => {
    supervisor.stop(0);
    await ran;
  });
});

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

async function queued(test: TestStore) {
  return (await test.store.queue("queue-0"))!.counts;
}

turnsTest("a supervisor that takes over thousands of attempts is not held up", async (test) => {
  const { name: host, bootId, pidNamespace } = await probeHost();
  const now = Date.now();
  Deno.mkdirSync(`${test.dir.home.spool}/gone`);
  Deno.writeTextFileSync(presencePath(test.dir.home.spool, "gone"), "");
  await test.store.register(newSupervisor("gone", { host, bootId, pidNamespace, leaseUntil: now + 60_000 }));
  await enqueue(test, times(2000, "true"));
  assert.equal((await claim(test.store, "gone", { count: 2000, now })).length, 2000);
  await test.store.setQueue("queue-0", { paused: true }); // they have not begun and are put back
  const supervisor = await startSupervisor(test);
  await assertShortTurns(async () => {
    const ran = supervisor.run();
    await until("all are put back", async () => (await queued(test)).pending === 2000);
    supervisor.stop(null);
    await ran;
  });
});

turnsTest("pruning thousands of jobs holds nothing up", async (test) => {
  await test.store.register(newSupervisor("past"));
  const past = Date.now() - 40 * 24 * 3_600_000;
  await test.store.enqueue(times(10_000, "true").map(() => newJob()), { now: past, idFormat: "short" });
  while (true) {
    const claimed = await claim(test.store, "past", { count: 2000, now: past });
    if (claimed.length === 0) break;
    const settlements = claimed.map(({ token }) => settlement(token, { finishedAt: past }));
    await test.store.exchange(exchangeOf("past", { now: past, settlements }));
  }
  await test.store.leave("past");
  const supervisor = await startSupervisor(test);
  await assertShortTurns(async () => {
    const ran = supervisor.run();
    await until("they are gone", async () => (await test.store.list({ limit: 2 })).jobs.length === 1);
    supervisor.stop(null);
    await ran;
  });
});
