/**
 * @module
 * Names of queues and workers that nothing has: what is said, and what is done all the same.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { handWorker } from "../helpers/hand_worker.ts";
import { addSchedules } from "../helpers/schedules.ts";
import { testStore } from "../helpers/worker.ts";

/** A home with some queues, and what a command says there. */
async function withQueues(...names: string[]) {
  const test = await testStore();
  for (const queue of names) await test.enqueue("true", { queue });
  return { ...test, says: (...args: string[]) => queuectl(args, { home: test.home }) };
}

const HINT = 'There is no queue "imags" yet; there are: images, mail, default\n';

Deno.test("a queue may be switched before its first job, and that it is not there is said", async () => {
  using test = await withQueues("default", "images", "mail");
  const { says } = test;
  const cleared = await says("queue", "clear", "imags");
  assert.deepEqual([cleared.code, cleared.stdout, cleared.stderr], [0, "Deleted 0 jobs\n", HINT]);
  const resumed = await says("queue", "resume", "imags");
  assert.deepEqual([resumed.code, resumed.stdout, resumed.stderr], [
    0,
    'Queue "imags" is not paused\n',
    HINT,
  ]);
  assert.equal(await test.store.queue("imags"), undefined);
  const paused = await says("queue", "pause", "imags");
  assert.deepEqual([paused.code, paused.stdout, paused.stderr], [0, 'Paused queue "imags"\n', HINT]);
  assert.equal((await test.store.queue("imags"))?.paused, true);
  const set = await says("queue", "set", "maill", "--concurrency", "2");
  assert.match(set.stderr, /^There is no queue "maill" yet; there are: mail, /);
  assert.equal((await test.store.queue("maill"))?.concurrency, 2);
});

Deno.test("what is there is not told of, nor with --json or --quiet what is not", async () => {
  using test = await withQueues("default");
  const { says } = test;
  for (
    const args of [
      ["queue", "clear", "default"],
      ["queue", "clear"],
      ["queue", "clear", "imags", "--json"],
      ["queue", "clear", "imags", "--quiet"],
      ["list", "--queue", "imags", "--json"],
    ]
  ) assert.deepEqual([(await says(...args)).stderr], [""], args.join(" "));
});

Deno.test("list and dlq list say that there is no such queue", async () => {
  using test = await withQueues("default", "images", "mail");
  for (const list of [["list"], ["dlq", "list"]]) {
    const { code, stdout, stderr } = await test.says(...list, "--queue", "imags");
    assert.deepEqual([code, stdout, stderr], [0, "No jobs\n", HINT]);
  }
});

Deno.test("where a queue is needed, the refusal names those there are", async () => {
  using test = await withQueues("images");
  const wait = await test.says("wait", "--queue", "imags");
  assert.deepEqual([wait.code, wait.stderr], [
    1,
    'Cannot wait for queue "imags": no such queue; there is: images\n',
  ]);
  const remove = await test.says("queue", "delete", "imags");
  assert.deepEqual([remove.code, remove.stderr], [
    1,
    'Cannot delete queue "imags": no such queue; there is: images\n',
  ]);
});

Deno.test("of many queues the nearest are named", async () => {
  using test = await withQueues("q1", "q2", "q3", "q4", "q5", "q6", "mail");
  const { stderr } = await test.says("queue", "clear", "mial");
  assert.equal(stderr, 'There is no queue "mial" yet; there are: mail, q1, q2, q3, q4 and 2 more\n');
});

Deno.test("worker start takes queues that may yet come, and says which are not there", async () => {
  using test = await withQueues("default", "images");
  const { code, stderr } = await test.says("worker", "start", "--burst", "--queue", "images,imags,x");
  assert.deepEqual([code, stderr], [0, 'There are no queues "imags", "x" yet; there are: images, default\n']);
  assert.deepEqual(await test.store.states(["j1", "j2"]), ["pending", "completed"]);
  const detached = await test.says("worker", "start", "--burst", "--detach", "--queue", "imags");
  assert.match(detached.stderr, /^There is no queue "imags" yet; /);
  assert.equal(Deno.readTextFileSync(`${test.home}/logs/supervisors.log`), "");
});

Deno.test("workers that are there are named where one is not", async () => {
  using test = await withQueues();
  await handWorker(test.store);
  const stop = await test.says("worker", "stop", "--id", "hand-wroker");
  assert.deepEqual([stop.code, stop.stderr], [
    1,
    'Cannot stop worker "hand-wroker": no such worker; see worker list; there is: hand-worker\n',
  ]);
});

Deno.test("a state by another name is understood, and not taken", async () => {
  using test = await withQueues();
  for (
    const [typed, meant] of [["running", "processing"], ["canceled", "cancelled"], ["Done", "completed"]]
  ) {
    const { code, stderr } = await test.says("list", "--state", typed!);
    assert.equal(code, 2);
    assert.ok(stderr.endsWith(` dead, cancelled or skipped; did you mean ${meant}?\n`), stderr);
  }
});

Deno.test("a label that no job has is said, with those there are, wherever jobs are meant by one", async () => {
  using test = await withQueues();
  for (const label of ["nightly", "weekly"]) await test.enqueue("true", { label });
  const hint = 'No job has the label "nihgtly"; there are: nightly, weekly\n';
  for (
    const args of [["list"], ["dlq", "list"], ["cancel", "--yes"], ["hold", "--dry-run"], [
      "dlq",
      "retry",
      "--yes",
    ]]
  ) {
    const { code, stderr } = await test.says(...args, "--label", "nihgtly");
    assert.deepEqual([code, stderr.split("\n")[0]], [0, hint.trimEnd()], args.join(" "));
  }
  const quiet = await test.says("list", "--label", "nihgtly", "--quiet");
  assert.equal(quiet.stderr, "");
  const there = await test.says("list", "--label", "nightly", "--state", "dead");
  assert.deepEqual([there.stdout, there.stderr], ["No jobs\n", ""]);
});

Deno.test("a schedule that is not there is said, with those there are, wherever jobs are meant by one", async () => {
  using test = await withQueues();
  await addSchedules(test.store, Date.now(), { name: "nightly" });
  const hint = 'There is no schedule "nihgtly"; there is: nightly';
  for (const args of [["list"], ["dlq", "list"], ["cancel", "--dry-run"]]) {
    const { code, stderr } = await test.says(...args, "--schedule", "nihgtly");
    assert.deepEqual([code, stderr.split("\n")[0]], [0, hint], args.join(" "));
  }
  const there = await test.says("list", "--schedule", "nightly");
  assert.deepEqual([there.stdout, there.stderr], ["No jobs\n", ""]);
});
