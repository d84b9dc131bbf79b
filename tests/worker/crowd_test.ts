/**
 * @module
 * Many worker processes on one store, and enqueuers beside them. Slow.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

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
