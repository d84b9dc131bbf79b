/**
 * @module
 * Workers as a user sees them: real processes, real jobs, real signals.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { MAIN, RUN_FLAGS, spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

Deno.test("jobs run by priority, then in the order they were enqueued", async () => {
  using test = await testStore();
  for (const [name, priority] of [["d", 5], ["b", 0], ["c", 0], ["a", -1]] as const) {
    await test.enqueue(`echo ${name} >>order`, { priority });
  }
  await using worker = await startWorker(test.home, ["--burst"]);
  assert.equal(await worker.ended, 0);
  assert.equal(Deno.readTextFileSync(test.dir.file("order")), "a\nb\nc\nd\n");
});

Deno.test("a job that keeps failing runs 1 + max_retries times, then is dead; dlq retry starts afresh", async () => {
  using test = await testStore();
  await test.set({ backoff_base: "0.05", backoff_factor: "2" });
  const id = await test.enqueue("echo $QUEUECTL_ATTEMPT; exit 3", { maxRetries: 2 });
  {
    await using worker = await startWorker(test.home, ["--burst"]);
    await worker.ended;
  }
  const dead = await test.reaches(id, "dead");
  assert.deepEqual([dead.attempts, dead.exitCode, dead.error], [3, 3, "exit code 3"]);
  const attempts = await test.store.attempts(id);
  assert.deepEqual(attempts.map((one) => one.outcome), ["failed", "failed", "failed"]);
  assert.equal(await test.output(id, 3), "3\n");

  assert.equal((await queuectl(["dlq", "retry", id], { home: test.home })).code, 0);
  const again = await test.reaches(id, "pending");
  assert.deepEqual([again.attempts, again.lastAttempt], [0, 3]);
  await using _worker = await startWorker(test.home, ["--burst"]);
  assert.equal((await test.reaches(id, "dead")).attempts, 3);
  assert.equal((await test.store.attempts(id)).length, 6);
});

Deno.test("a retry waits exactly its delay, by base^n or by base × factor^(n-1)", async () => {
  for (
    const [settings, delays] of [
      [{ backoff_base: "0.5" }, [500, 250]],
      [{ backoff_base: "0.2", backoff_factor: "2" }, [200, 400]],
    ] as const
  ) {
    using test = await testStore();
    await test.set(settings);
    const id = await test.enqueue("false", { maxRetries: 2 });
    await using worker = await startWorker(test.home, ["--burst"]);
    await worker.ended;
    const attempts = await test.store.attempts(id);
    for (const [i, delay] of delays.entries()) {
      const waited = attempts[i + 1]!.startedAt - attempts[i]!.finishedAt!;
      assert.ok(waited >= delay, `waited ${waited} ms instead of ${delay} ms`);
      assert.match(worker.printed(), new RegExp(`retry ${i + 1} of 2 in ${delay}ms`));
    }
  }
});

Deno.test("a scheduled job starts when its time has come, not before", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const runAt = Date.now() + 700;
  const id = await test.enqueue("true", { runAt });
  assert.equal((await test.store.get(id))!.state, "scheduled");
  const job = await test.reaches(id, "completed");
  assert.ok(job.startedAt! >= runAt, `started ${runAt - job.startedAt!} ms early`);
});

Deno.test("a job that times out is ended with its children", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue("sleep 300 & sleep 300; echo never", { timeoutMs: 1000 });
  const job = await test.reaches(id, "dead");
  assert.equal(job.error, "timed out after 1s");
  assert.ok(job.finishedAt! - job.startedAt! >= 1000);
  assert.equal((await test.store.attempts(id))[0]!.outcome, "timed_out");
});

Deno.test("a running job that is cancelled is ended, and stays cancelled", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue("echo up; sleep 300", { maxRetries: 5 });
  await until("it is up", async () => await test.output(id) === "up\n");
  assert.equal((await queuectl(["cancel", id], { home: test.home })).code, 0);
  const job = await test.reaches(id, "cancelled");
  assert.equal(job.error, "cancelled");
});

Deno.test("a job enqueues into the home it came from", async () => {
  using test = await testStore();
  const program = [Deno.execPath(), ...RUN_FLAGS, MAIN].join(" ");
  await test.enqueue(`${program} enqueue --id inner 'echo "$QUEUECTL_JOB_ID in $QUEUECTL_QUEUE"'`);
  await using _worker = await startWorker(test.home, ["--burst"]);
  await test.reaches("inner", "completed");
  assert.equal(await test.output("inner"), "inner in default\n");
});

Deno.test("changed settings reach a running worker", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  await test.reaches(await test.enqueue("true"), "completed");
  const set = await queuectl(["config", "set", "shell", "bash"], { home: test.home });
  assert.equal(set.code, 0, set.stderr);
  const shell = async () => {
    const id = await test.enqueue('echo "${BASH_VERSION:+bash}"');
    await test.reaches(id, "completed");
    return await test.output(id);
  };
  await until("the new shell is used", async () => await shell() === "bash\n");
});

Deno.test("a paused queue and one at its limit start nothing more", async () => {
  using test = await testStore();
  await test.store.setQueue("slow", { concurrency: 1 });
  await test.store.setQueue("off", { paused: true });
  const command = "until [ -e go ]; do sleep 0.1; done";
  const first = await test.enqueue(command, { queue: "slow" });
  const second = await test.enqueue(command, { queue: "slow" });
  const off = await test.enqueue("true", { queue: "off" });
  await using _one = await startWorker(test.home, ["--count", "2"]);
  await using _two = await startWorker(test.home);
  await test.reaches(first, "processing");
  await test.reaches(await test.enqueue("true"), "completed");
  assert.equal((await test.store.get(second))!.state, "pending");
  assert.equal((await test.store.get(off))!.state, "pending");
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(second, "completed");
  assert.equal((await queuectl(["queue", "resume", "off"], { home: test.home })).code, 0);
  await test.reaches(off, "completed");
});

Deno.test("a worker takes jobs from the queues it was given, as many at a time as it has slots", async () => {
  using test = await testStore();
  const command = "until [ -e go ]; do sleep 0.1; done";
  const ours = [];
  for (let i = 0; i < 3; i++) ours.push(await test.enqueue(command, { queue: "a" }));
  const other = await test.enqueue("true", { queue: "b" });
  await using _worker = await startWorker(test.home, ["--slots", "3", "--queue", "a,c"]);
  for (const id of ours) await test.reaches(id, "processing");
  const [worker] = await test.store.workers();
  assert.deepEqual(worker!.running, ours);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  for (const id of ours) await test.reaches(id, "completed");
  assert.equal((await test.store.get(other))!.state, "pending");
});

Deno.test("workers in the background write a log each, and outlive who started them", async () => {
  using test = await testStore();
  const started = await queuectl(["worker", "start", "--detach", "--count", "2", "--json"], {
    home: test.home,
  });
  assert.equal(started.code, 0, started.stderr);
  const { workers } = JSON.parse(started.stdout);
  assert.equal(workers.length, 2);
  const id = await test.enqueue("echo 'a\tb'");
  const job = await test.reaches(id, "completed");
  const follow = spawnQueuectl(["worker", "logs", job.worker!, "--follow"], { home: test.home });
  const stopped = await queuectl(["worker", "stop", "--wait"], { home: test.home });
  assert.equal(stopped.code, 0, stopped.stderr);
  const { stdout } = await follow.output();
  const log = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assert.match(log[1]!, new RegExp(`^\\S+Z ${job.worker} ${id} started: echo 'a\\\\tb'$`));
  assert.match(log[2]!, new RegExp(`${id} completed after`));
  const last = await queuectl(["worker", "logs", job.worker!, "--lines", "1"], { home: test.home });
  assert.equal(last.stdout, `${log.at(-1)}\n`);
  assert.equal(Deno.statSync(`${test.home}/logs/${job.worker}.log`).mode! & 0o777, 0o600);
});
