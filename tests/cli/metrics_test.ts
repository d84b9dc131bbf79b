/**
 * @module
 * `queuectl metrics` over jobs that really ran.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

Deno.test("metrics counts what workers did, lately and by queue", async () => {
  using test = await testStore();
  for (let i = 0; i < 3; i++) await test.enqueue("true");
  await test.enqueue("exit 1", { queue: "mail" });
  {
    await using worker = await startWorker(test.home, ["--burst"]);
    assert.equal(await worker.ended, 0);
  }
  const metrics = JSON.parse((await queuectl(["metrics", "--json"], { home: test.home })).stdout);
  for (const window of ["all_time", "last_hour", "last_day"]) {
    const { enqueued, started, completed, failed, dead, success_rate } = metrics[window];
    assert.deepEqual(
      { enqueued, started, completed, failed, dead, success_rate },
      { enqueued: 4, started: 4, completed: 3, failed: 1, dead: 1, success_rate: 0.75 },
      window,
    );
  }
  assert.equal(metrics.all_time.per_second, null);
  assert.equal(metrics.last_hour.per_second, 4 / 3600);
  assert.ok(metrics.all_time.run.p50 >= 0 && metrics.all_time.run.p99 < 60);
  assert.deepEqual(
    metrics.queues.map((one: { queue: string; completed: number }) => [one.queue, one.completed]),
    [["default", 3], ["mail", 0]],
  );

  const { stdout } = await queuectl(["metrics"], { home: test.home });
  assert.match(stdout, /^ +ALL TIME +1 MIN +1 H +24 H$/m);
  assert.match(stdout, /^success rate +75\.0% /m);
  assert.match(stdout, /^ +default +mail$/m);

  const prometheus = await queuectl(["metrics", "--prometheus"], { home: test.home });
  assert.match(
    prometheus.stdout,
    /^queuectl_attempts_ended_total\{queue="default",outcome="completed"\} 3$/m,
  );
  assert.match(prometheus.stdout, /^queuectl_jobs\{queue="mail",state="dead"\} 1$/m);
});

Deno.test("metrics in two formats at once are refused", async () => {
  using test = await testStore();
  const { code, stdout, stderr } = await queuectl(["metrics", "--prometheus", "--json"], { home: test.home });
  assert.deepEqual([code, stdout], [2, ""]);
  assert.equal(JSON.parse(stderr).error.message, "Cannot use --prometheus with --json: each is a format");
});
