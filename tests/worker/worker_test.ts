/**
 * @module
 * Workers as a user sees them: real processes, real jobs, real signals.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { MAIN, RUN_FLAGS, spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { mayPunch } from "../helpers/holes.ts";
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

Deno.test("output shows in the store while the job runs", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue("echo one; until [ -e go ]; do sleep 0.1; done; echo two");
  await until("the first line shows", async () => await test.output(id) === "one\n");
  assert.equal((await test.store.get(id))!.state, "processing");
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(id, "completed");
  assert.equal(await test.output(id), "one\ntwo\n");
});

Deno.test("two hundred megabytes of output cost little memory; beginning, end and dropped count are kept", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home);
  await test.reaches(await test.enqueue("echo warm"), "completed");
  const idle = memoryKiB(worker.pid, "VmRSS");
  const id = await test.enqueue("echo begin; head -c 200000000 /dev/zero | tr '\\0' x; echo; echo end");
  const job = await test.reaches(id, "completed", "dead");
  assert.equal(job.state, "completed");
  const peak = memoryKiB(worker.pid, "VmHWM");
  assert.ok(peak - idle <= 50 * 1024, `grew from ${idle} KiB to ${peak} KiB`);
  const pieces = await test.store.output(id, 1);
  const kept = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  assert.equal(kept, 1024 * 1024);
  assert.equal(pieces[0]!.start, 0);
  const last = pieces.at(-1)!;
  // It may be faster than holes can be punched: then a part of the middle is not counted.
  const whole = 200_000_000 + "begin\n\nend\n".length;
  const counted = last.start + last.bytes.length;
  assert.ok(counted <= whole && counted > kept, `${counted} bytes are counted`);
  const shown = await queuectl(["logs", id], { home: test.home });
  assert.match(shown.stdout, /^begin\nx/);
  assert.match(shown.stdout, /x\nend\n$/);
  const dropped = counted - kept;
  assert.ok(shown.stdout.includes(String(dropped)), "says how many bytes were dropped");
});

/** Prints 2 MB again and again, as soon as a hole has taken the last ones. */
const IN_STEP = `for i in $(seq 40); do
  head -c 2000000 /dev/zero
  until [ "$(stat -L -c %b /proc/self/fd/1)" -lt 5120 ]; do sleep 0.01; done
done; echo end`;

Deno.test(
  "with holes, every byte of what was printed is counted",
  { ignore: !(await mayPunch()) },
  async () => {
    using test = await testStore();
    await using _worker = await startWorker(test.home);
    const id = await test.enqueue(IN_STEP);
    await test.reaches(id, "completed", "dead");
    const last = (await test.store.output(id, 1)).at(-1)!;
    assert.equal(last.start + last.bytes.length, 40 * 2_000_000 + "end\n".length);
  },
);

function memoryKiB(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)![1]);
}

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

Deno.test("eight worker processes and three enqueuers: every job runs exactly once", async () => {
  using test = await testStore();
  const processes = 8;
  const jobs = 50 * processes;
  const enqueuers = [0, 1, 2].map(async (enqueuer) => {
    const lines = Array.from(
      { length: Math.floor(jobs / 3) + (enqueuer < jobs % 3 ? 1 : 0) },
      (_, i) => JSON.stringify({ command: `echo ${enqueuer}-${i} >>ran` }),
    );
    for (let at = 0; at < lines.length; at += 100) {
      const stdin = lines.slice(at, at + 100).join("\n");
      const done = await queuectl(["enqueue", "--file", "-"], {
        home: test.home,
        stdin,
        cwd: test.dir.path,
      });
      assert.equal(done.code, 0, done.stderr);
    }
  });
  const workers = await Promise.all(Array.from({ length: processes }, () => startWorker(test.home)));
  try {
    await Promise.all(enqueuers);
    await until("all jobs are completed", async () => {
      const [queue] = await test.store.queues();
      return queue!.counts.completed === jobs;
    }, 600_000);
  } finally {
    for (const worker of workers) worker.signal("SIGTERM");
    await Promise.all(workers.map((worker) => worker.ended));
  }
  const ran = Deno.readTextFileSync(test.dir.file("ran")).trimEnd().split("\n");
  assert.equal(ran.length, jobs);
  assert.equal(new Set(ran).size, jobs);
  for (const worker of workers) assert.doesNotMatch(worker.printed(), /locked|busy|refused/);
  assert.deepEqual(await test.store.recount(), []);
  assert.deepEqual(await test.store.workers(), []);
});

Deno.test("a job's own max_output goes before the setting, in both directions", async () => {
  using test = await testStore();
  await test.set({ max_output: "2000" });
  const prints = "head -c 5000 /dev/zero | tr '\\0' x; until [ -e go ]; do sleep 0.1; done";
  const less = await test.enqueue(prints, { maxOutput: 1000 });
  const asSet = await test.enqueue(prints);
  const any = await test.enqueue(prints, { maxOutput: 0 });
  await using _worker = await startWorker(test.home, ["--slots", "3"]);
  assert.equal((await test.reaches(less, "dead")).error, "printed more than 1000");
  assert.equal((await test.reaches(asSet, "dead")).error, "printed more than 2000");
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(any, "completed");
});
