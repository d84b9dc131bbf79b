/**
 * @module
 * Short jobs are given to their worker ahead of time: nobody may notice, except by the speed.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import type { NewJob } from "../../src/domain/job.ts";
import { Pace } from "../../src/worker/supervisor/pace.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { newJob } from "../helpers/jobs.ts";
import { until } from "../helpers/until.ts";
import { startWorker, type TestStore, testStore } from "../helpers/worker.ts";

async function enqueueShort(
  test: TestStore,
  count: number,
  changes: Partial<NewJob> = {},
): Promise<string[]> {
  const jobs = Array.from(
    { length: count },
    () => newJob({ command: "true", maxRetries: 0, cwd: test.dir.path, ...changes }),
  );
  return await test.store.enqueue(jobs, { now: Date.now(), idFormat: "short" });
}

async function countOf(
  test: TestStore,
  state: "completed" | "pending" | "processing" | "dead",
): Promise<number> {
  return (await test.store.queues()).reduce((sum, queue) => sum + queue.counts[state], 0);
}

Deno.test("a worker gets as many jobs ahead as it runs in moments, and none while its jobs are long", () => {
  const pace = new Pace();
  assert.equal(pace.ahead(1), 0, "nothing is known yet");
  pace.add(2);
  assert.equal(pace.ahead(1), 25);
  assert.equal(pace.ahead(4), 64, "there is a limit");
  pace.add(1000);
  assert.equal(pace.ahead(1), 0);
});

Deno.test("nothing is given ahead any more once a job has turned out to be long, until something has ended", () => {
  const pace = new Pace();
  pace.add(2);
  pace.stall();
  assert.equal(pace.ahead(1), 0);
  pace.add(2);
  assert.equal(pace.ahead(1), 25);
});

Deno.test("a long job behind short ones does not hold up what comes after it", async () => {
  using test = await testStore();
  const before = await enqueueShort(test, 60);
  const long = await test.enqueue("until [ -e go ]; do sleep 0.1; done");
  const after = await enqueueShort(test, 30);
  await using _worker = await startWorker(test.home, ["--count", "2"]);
  await until("all short ones are completed", async () => await countOf(test, "completed") === 90);
  assert.equal((await test.store.get(long))!.state, "processing");
  for (const id of [...before, ...after]) {
    const job = (await test.store.get(id))!;
    assert.deepEqual([job.attempts, job.lastAttempt], [1, 1], `${id} has one attempt`);
    assert.equal((await test.store.attempts(id)).length, 1);
  }
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(long, "completed");
  assert.deepEqual(await test.store.recount(), []);
});

Deno.test("a worker that is told to stop gives back what it has not begun, as if it had never been claimed", async () => {
  using test = await testStore();
  await enqueueShort(test, 700);
  await using worker = await startWorker(test.home);
  await until("it is under way", async () => await countOf(test, "completed") > 30);
  worker.signal("SIGTERM");
  assert.equal(await worker.ended, 0);
  assert.equal(await countOf(test, "processing"), 0);
  const { jobs } = await test.store.list({ state: "pending", limit: 2000 });
  assert.ok(jobs.length > 0, "it was stopped in the middle");
  for (const job of jobs) assert.deepEqual([job.attempts, job.lastAttempt, job.startedAt], [0, 0, null]);
  assert.equal(await countOf(test, "completed") + jobs.length, 700);
  assert.deepEqual(await test.store.recount(), []);
});

Deno.test("jobs of a killed worker that are short are settled by what they left, or run as if it had never had them", async () => {
  using test = await testStore();
  await enqueueShort(test, 700, { command: "echo >>ran" });
  await using killed = await startWorker(test.home);
  await until("it is under way", async () => await countOf(test, "completed") > 30);
  killed.signal("SIGKILL");
  await killed.ended;
  await using next = await startWorker(test.home, ["--burst"]);
  assert.equal(await next.ended, 0);
  assert.equal(await countOf(test, "completed"), 700);
  assert.equal(Deno.readTextFileSync(test.dir.file("ran")).length, 700, "each ran once");
  const { jobs } = await test.store.list({ limit: 2000 });
  assert.ok(jobs.every(({ attempts, lastAttempt }) => attempts === 1 && lastAttempt === 1));
  assert.deepEqual(await test.store.recount(), []);
});

Deno.test("a job that was given ahead can be called off before it has begun", async () => {
  using test = await testStore();
  await enqueueShort(test, 40);
  const gate = await test.enqueue("until [ -e go ]; do sleep 0.1; done");
  const behind = await enqueueShort(test, 5, { maxRetries: 3 });
  await using _worker = await startWorker(test.home);
  await test.reaches(gate, "processing");
  const cancelled = await queuectl(["cancel", ...behind], { home: test.home });
  assert.equal(cancelled.code, 0, cancelled.stderr);
  for (const id of behind) assert.equal((await test.reaches(id, "cancelled")).lastAttempt, 0);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(gate, "completed");
});
