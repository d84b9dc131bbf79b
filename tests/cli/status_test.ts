/**
 * @module
 * `queuectl status` and its `--watch`, as real processes.
 */
import assert from "node:assert/strict";
import { spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { enqueue } from "../helpers/jobs.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

Deno.test("status of a home without jobs says so", async () => {
  using test = await testStore();
  const { code, stdout } = await queuectl(["status"], { home: test.home });
  assert.deepEqual([code, stdout], [0, "No jobs yet\n\nNo workers\n"]);
});

Deno.test("status counts by queue and state, and says what keeps a queue back", async () => {
  using test = await testStore();
  await test.enqueue("true");
  await test.enqueue("true", { runAt: Date.now() + 3_600_000 });
  await test.enqueue("true", { queue: "mail" });
  await test.store.setQueue("mail", { paused: true, concurrency: 2 });
  const { stdout } = await queuectl(["status"], { home: test.home });
  assert.match(stdout, /^all +2 +1 +0 +0 +0 +0 +0$/m);
  assert.match(stdout, /^default +1 +1 +0 +0 +0 +0 +0$/m);
  assert.match(stdout, /^mail +1 +0 +0 +0 +0 +0 +0 +paused, 2 at a time$/m);
  assert.match(stdout, /^No workers: start one with queuectl worker start$/m);

  const status = JSON.parse((await queuectl(["status", "--json"], { home: test.home })).stdout);
  assert.deepEqual([status.counts.pending, status.counts.scheduled, status.queues.length], [2, 1, 2]);
  assert.deepEqual(status.workers, []);

  const needed = await test.enqueue("true", { runAt: Date.now() + 3_600_000 });
  await test.enqueue("true", { after: [needed] });
  const withBlocked = (await queuectl(["status"], { home: test.home })).stdout;
  assert.match(withBlocked, /^mail is paused; 1 waits\n\nQUEUE +BLOCKED +PENDING /);
  assert.doesNotMatch(withBlocked, /SKIPPED/);
});

Deno.test("status of very many queues shows those with work, and says how many more there are", async () => {
  using test = await testStore();
  await enqueue(test.store, ...Array.from({ length: 200 }, (_, n) => ({ queue: `q${n}`, held: n !== 199 })));
  const { stdout } = await queuectl(["status"], { home: test.home });
  assert.match(stdout, /^all +200 /m);
  assert.match(stdout, /^q199 +1 /m);
  assert.match(stdout, /^… and 150 more queues; see queue list$/m);
});

Deno.test("status shows what each worker runs", async () => {
  using test = await testStore();
  const id = await test.enqueue("sleep 60");
  await using worker = await startWorker(test.home, ["--count", "2"]);
  await test.reaches(id, "processing");
  const status = JSON.parse((await queuectl(["status", "--json"], { home: test.home })).stdout);
  assert.deepEqual(status.workers.map((one: { state: string }) => one.state).sort(), ["idle", "working"]);
  const working = status.workers.find((one: { state: string }) => one.state === "working");
  assert.equal(working.pid, worker.pid);
  assert.deepEqual(working.running.map((job: { id: string; command: string }) => [job.id, job.command]), [
    [id, "sleep 60"],
  ]);
  const { stdout } = await queuectl(["status"], { home: test.home });
  assert.match(stdout, new RegExp(`^${working.id} +working +${id} +\\S+ +sleep 60$`, "m"));
  await test.store.cancel([id], Date.now());
  await test.reaches(id, "cancelled");
});

Deno.test("status --watch --json prints a line for every change", async () => {
  using test = await testStore();
  const watcher = spawnQueuectl(["status", "--watch", "--json"], { home: test.home });
  const printed = watcher.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let closed = false;
  const collecting = (async () => {
    for (let part = await printed.read(); !part.done; part = await printed.read()) text += part.value;
    closed = true;
  })();
  const pendings = () =>
    text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line).counts.pending);
  await until("the first line is there", () => pendings().length === 1);
  for (let jobs = 1; jobs <= 5; jobs++) {
    await test.enqueue("true");
    await until(`${jobs} jobs are shown`, () => pendings().at(-1) === jobs);
  }
  assert.deepEqual(pendings(), [0, 1, 2, 3, 4, 5]);
  watcher.kill("SIGTERM");
  await watcher.status;
  await watcher.stderr.cancel();
  await collecting;
  assert.ok(closed);
});

Deno.test("status --watch ends without a word when nobody reads any more", async () => {
  using test = await testStore();
  const watcher = spawnQueuectl(["status", "--watch"], { home: test.home });
  const reader = watcher.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const stderr = new Response(watcher.stderr).text();
  let ended = false;
  watcher.status.then(() => ended = true);
  await until("it has ended", async () => {
    await test.enqueue("true");
    return ended;
  });
  assert.equal(await stderr, "");
});
