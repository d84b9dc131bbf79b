/**
 * @module
 * `queuectl enqueue --wait` and `--follow`, as real processes.
 */
import assert from "node:assert/strict";
import type { Settlement } from "../../src/store/contract.ts";
import { spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { DEAD, type HandAttempt, type HandWorker, handWorker } from "../helpers/hand_worker.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

function claimed(worker: HandWorker): Promise<HandAttempt> {
  return until("a job is claimed", () => worker.claim().catch(() => undefined));
}

async function enqueued(test: TestStore, id: string): Promise<void> {
  await until(`${id} is enqueued`, async () => await test.store.get(id) !== undefined);
}

const ENDS: readonly [name: string, end: Partial<Settlement>, code: number, note: string][] = [
  ["well", {}, 0, ""],
  ["with an exit code", DEAD, 7, "Job j1 is dead: exit code 7\n"],
  [
    "by a signal",
    { ...DEAD, exitCode: null, signal: "SIGKILL", error: "killed by SIGKILL" },
    137,
    "Job j1 is dead: killed by SIGKILL\n",
  ],
  [
    "by its timeout",
    { ...DEAD, outcome: "timed_out", exitCode: null, signal: "SIGTERM", error: "timed out after 1s" },
    124,
    "Job j1 is dead: timed out after 1s\n",
  ],
  [
    "with exit code 0 and yet not well",
    { ...DEAD, exitCode: 0, error: "printed more than it may" },
    1,
    "Job j1 is dead: printed more than it may\n",
  ],
  [
    "lost",
    { ...DEAD, outcome: "lost", exitCode: null, error: "its worker is gone" },
    1,
    "Job j1 is dead: its worker is gone\n",
  ],
];

for (const [name, end, code, note] of ENDS) {
  Deno.test(`enqueue --wait exits as a job does that ends ${name}`, async () => {
    using test = await testStore();
    const worker = await handWorker(test.store);
    const waiting = queuectl(["enqueue", "--wait", "…"], { home: test.home });
    await (await claimed(worker)).end(end);
    assert.deepEqual(await waiting, { code, stdout: "j1\n", stderr: note });
  });
}

Deno.test("enqueue --wait stays through retries, and gives the job as it ended with --json", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  const waiting = queuectl(["enqueue", "--wait", "--json", "…"], { home: test.home });
  await (await claimed(worker)).end({ ...DEAD, state: "failed", runAt: Date.now() });
  await (await claimed(worker)).end();
  const { code, stdout } = await waiting;
  const { id, state, attempts } = JSON.parse(stdout);
  assert.deepEqual([code, id, state, attempts], [0, "j1", "completed", 2]);
});

Deno.test("enqueue --wait tells of a job that was called off, or deleted", async () => {
  using test = await testStore();
  const called = queuectl(["enqueue", "--wait", "--quiet", "--id", "called", "…"], { home: test.home });
  await enqueued(test, "called");
  await test.store.cancel(["called"], Date.now());
  assert.deepEqual(await called, { code: 1, stdout: "called\n", stderr: "Job called is cancelled\n" });
  const gone = queuectl(["enqueue", "--wait", "--quiet", "--id", "gone", "…"], { home: test.home });
  await enqueued(test, "gone");
  await test.store.delete(["gone"]);
  assert.deepEqual(await gone, {
    code: 1,
    stdout: "gone\n",
    stderr: "Job gone was deleted before it had ended\n",
  });
});

Deno.test("enqueue --follow prints both streams where they belong, over all attempts", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  const child = spawnQueuectl(["enqueue", "--follow", "…"], { home: test.home });
  let printed = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) printed += text;
  })();
  const errors = new Response(child.stderr).text();
  const first = await claimed(worker);
  await first.print("stdout", "one\n");
  await until("it is followed", () => printed === "one\n");
  await first.print("stderr", "oh\n");
  await first.end({ ...DEAD, state: "failed", runAt: Date.now() });
  const second = await claimed(worker);
  await second.print("stdout", "two\n");
  await second.end(DEAD);
  const { code } = await child.status;
  await reading;
  assert.deepEqual([code, printed], [7, "one\ntwo\n"]);
  assert.equal(await errors, "j1\noh\nAttempt 2 of job j1\nJob j1 is dead: exit code 7\n");
});

Deno.test("several jobs are followed one after the other; the first that fails gives the exit code", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  const following = queuectl(["enqueue", "--follow", "--file", "-"], {
    home: test.home,
    stdin: "one\ntwo\nthree\n",
  });
  for (const exitCode of [0, 4, 5]) {
    const attempt = await claimed(worker);
    await attempt.print("stdout", `${attempt.job.command}\n`);
    await attempt.end(exitCode === 0 ? {} : { ...DEAD, exitCode, error: `exit code ${exitCode}` });
  }
  assert.deepEqual(await following, {
    code: 4,
    stdout: "one\ntwo\nthree\n",
    stderr: "Job j1\nJob j2\nJob j2 is dead: exit code 4\nJob j3\nJob j3 is dead: exit code 5\n",
  });
});

Deno.test("Ctrl-C ends the waiting, not the job", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  const child = spawnQueuectl(["enqueue", "--follow", "…"], { home: test.home });
  const attempt = await claimed(worker);
  await attempt.print("stdout", "under way\n");
  const stdout = child.stdout.getReader();
  assert.equal(new TextDecoder().decode((await stdout.read()).value), "under way\n");
  child.kill("SIGINT");
  const [{ code }, stderr] = await Promise.all([child.status, new Response(child.stderr).text()]);
  await stdout.cancel();
  assert.deepEqual([code, stderr], [
    130,
    "j1\nJob j1 goes on: queuectl logs j1 --follow reads on, queuectl cancel j1 calls it off\n",
  ]);
  assert.equal((await test.store.get("j1"))?.state, "processing");
  await attempt.end();
});

Deno.test("--follow has no JSON, and nothing is queued", async () => {
  using test = await testStore();
  const { code, stderr } = await queuectl(["enqueue", "--follow", "--json", "true"], { home: test.home });
  assert.deepEqual([code, JSON.parse(stderr).error.message ?? stderr], [
    2,
    "Cannot use --json with --follow: use --wait, then logs --json",
  ]);
  assert.equal(await test.store.get("j1"), undefined);
});
