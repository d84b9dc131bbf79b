/**
 * @module
 * `progress`, `snooze` and `alive` from inside a job and from outside; `result`; and what a job says of its attempts.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { claimOne, exchangeOf, newSupervisor, settlement } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("inside a job, a line is appended for each word, and snooze exits as the job has to", async () => {
  using dir = tempDir();
  const env = { QUEUECTL_SAY: dir.file("say") };
  const say = async (...words: string[]) => (await queuectl(words, { home: dir.path, env })).code;
  assert.equal(await say("progress", "40", "step 3"), 0);
  assert.equal(await say("progress", "99.5%"), 0);
  assert.equal(await say("alive"), 0);
  assert.equal(await say("snooze", "10m"), 75);
  const lines = Deno.readTextFileSync(dir.file("say")).split("\n");
  assert.deepEqual(lines, [
    '{"progress":40,"text":"step 3"}',
    '{"progress":99.5}',
    '{"alive":true}',
    '{"retry_in":600}',
    "",
  ]);
});

Deno.test("outside of a job, and of what makes no sense, nothing is said", async () => {
  using dir = tempDir();
  for (const words of [["progress", "40"], ["snooze", "10m"], ["alive"]]) {
    const { code, stderr } = await queuectl(words, { home: dir.path, env: { QUEUECTL_SAY: "" } });
    assert.deepEqual([code, stderr], [
      2,
      "Cannot say anything to a worker: this runs in no job ($QUEUECTL_SAY is not set)\n",
    ]);
  }
  const env = { QUEUECTL_SAY: dir.file("gone/say") };
  const over = await queuectl(["alive"], { home: dir.path, env });
  assert.equal(over.code, 2);
  assert.match(over.stderr, /is gone, so the job is over\n$/);
  for (const words of [["progress", "much"], ["progress", "101"], ["snooze", "soon"]]) {
    const { code } = await queuectl(words, { home: dir.path, env: { QUEUECTL_SAY: dir.file("say") } });
    assert.equal(code, 2, words.join(" "));
  }
});

Deno.test("a result is printed byte for byte, or as JSON, and why there is none is said", async () => {
  using test = await testStore();
  const { home, store } = test;
  await store.register(newSupervisor("s"));
  const id = await test.enqueue("true");
  const none = await queuectl(["result", id], { home });
  assert.deepEqual([none.code, none.stderr], [1, `Cannot print the result of job "${id}": it has not run\n`]);
  const { token } = await claimOne(store, "s", Date.now());
  const result = new TextEncoder().encode('{"n": [1]}\n');
  await store.exchange(exchangeOf("s", {
    said: [{ token, result, progress: { percent: 40, text: "step 3" } }],
  }));
  assert.match((await queuectl(["list"], { home })).stdout, /PROGRESS .*\n.*█████?░+ 40% step 3/);
  assert.match((await queuectl(["show", id], { home })).stdout, /^Progress +████░░░░░░ 40% step 3$/m);
  await store.exchange(exchangeOf("s", { settlements: [settlement(token)] }));
  assert.equal((await queuectl(["result", id], { home })).stdout, '{"n": [1]}\n');
  const json = await queuectl(["result", id, "--attempt", "1", "--json"], { home });
  assert.deepEqual(JSON.parse(json.stdout), { id, attempt: 1, result: { n: [1] } });
  assert.equal((await queuectl(["result", id, "--attempt", "2"], { home })).code, 1);
  assert.equal((await queuectl(["result", "j99"], { home })).code, 1);
});

Deno.test("a job that contradicts itself is refused, also by edit, and nothing is stored", async () => {
  using test = await testStore();
  const { home, store } = test;
  const both = ["--retry-on", "75,100-110", "--no-retry-on", "105"];
  const refused = await queuectl(["enqueue", ...both, "true"], { home });
  assert.deepEqual([refused.code, (await store.list({ limit: 1 })).jobs.length], [2, 0]);
  assert.match(refused.stderr, /^Cannot both retry and not retry on 105: /);
  const foul = await queuectl(["enqueue", "--backoff", "soon", "true"], { home });
  assert.equal(foul.code, 2);
  assert.match(foul.stderr, /backoff.*"soon".*5s,30s,5m/);
  const enqueued = await queuectl(["enqueue", "--quiet", "--retry-on", "75", "--backoff", "5s,30s", "true"], {
    home,
  });
  assert.equal(enqueued.code, 0, enqueued.stderr);
  const edit = await queuectl(["edit", "j1", "--no-retry-on", "70-80"], { home });
  assert.equal(edit.code, 2);
  assert.equal((await store.get("j1"))!.noRetryOn, null);
  assert.equal(
    (await queuectl(["edit", "j1", "--retry-on", "default", "--no-retry-on", "70-80"], { home })).code,
    0,
  );
  const { retryOn, noRetryOn, backoff } = (await store.get("j1"))!;
  assert.deepEqual([retryOn, noRetryOn, backoff], [null, "70-80", "5s,30s"]);
});
