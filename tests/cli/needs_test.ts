/**
 * @module
 * Jobs that need others, at the command line.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { queuectl } from "../helpers/cli_within.ts";
import { DEAD, handWorker } from "../helpers/hand_worker.ts";
import { testStore } from "../helpers/worker.ts";

const FILE = [
  { name: "deploy", command: "echo deploy", after: ["test", "lint"] },
  { name: "test", command: "echo test", after: "build" },
  { name: "lint", command: "echo lint", after: ["build"] },
  { name: "build", command: "echo build" },
].map((line) => JSON.stringify(line)).join("\n");

Deno.test("jobs of a file need each other by their names, in any order; list, show and needs say so", async () => {
  using test = await testStore();
  const { home } = test;
  const printed = async (...args: string[]) => {
    const { code, stdout, stderr } = await queuectl(args, { home });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await queuectl(["enqueue", "--file", "-"], { home, stdin: FILE });
  assert.match(await printed("list"), /^j1 +blocked +after j2 \+1 +echo deploy$/m);
  assert.match(await printed("show", "j2"), /^Waits {6}it waits until j4 has completed \(j4 is pending\)$/m);
  const worker = await handWorker(test.store);
  await (await worker.claim()).end(DEAD);
  assert.match(await printed("show", "j2"), /^Not run {4}j4 is dead \(/m);
  assert.equal(
    await printed("needs", "j1"),
    "j1 skipped\n├─ j2 skipped, not met\n│  └─ j4 dead, not met\n└─ j3 skipped, not met\n   └─ j4 dead, not met\n",
  );
  const json = JSON.parse(await printed("show", "j1", "--json"));
  assert.deepEqual([json.state, json.skipped_for, json.not_run_because], [
    "skipped",
    "failed",
    ["j2 was skipped", "j3 was skipped"],
  ]);
  const waited = await queuectl(["wait", "j1"], { home });
  assert.deepEqual([waited.code, waited.stdout], [1, "j1 skipped\n"]);
  await printed("retry", "j4");
  assert.deepEqual(await test.store.states(["j1", "j2", "j3", "j4"]), [
    "blocked",
    "blocked",
    "blocked",
    "pending",
  ]);
});

Deno.test("what cannot be needed is a sentence and exit code 2, and nothing is stored", async () => {
  using test = await testStore();
  const refused = async (args: string[], message: string, stdin?: string) => {
    const { code, stderr } = await queuectl(["enqueue", ...args], { home: test.home, ...stdin && { stdin } });
    assert.deepEqual([code, stderr.trimEnd()], [2, message]);
  };
  await refused(["--after", "j9", "true"], 'Cannot make a job wait for "j9": no such job');
  await refused(["--id", "a", "--after", "a", "true"], "Cannot make a job wait for itself");
  await refused(
    ["--any", "true"],
    "Cannot use any without after, after_failed or after_ended: it says how many of those",
  );
  await refused(
    ["--file", "-"],
    "In standard input: cannot make jobs wait for each other: line 1 needs line 2 needs line 1",
    '{"name":"a","command":"true","after":["b"]}\n{"name":"b","command":"true","after":["a"]}',
  );
  await refused(
    ["--file", "-"],
    'In line 2 of standard input: cannot make a job wait for "z": no such job',
    '{"command":"true"}\n{"command":"true","after":["z"]}',
  );
  assert.deepEqual((await test.store.list({ limit: 9 })).jobs, []);
});

Deno.test("what many jobs come after cannot be said at once, and nothing changes", async () => {
  using test = await testStore();
  const ids = [await test.enqueue("true", { held: true }), await test.enqueue("true", { held: true })];
  const { code, stderr } = await queuectl(["edit", "--all", "--yes", "--after", ids[0]!], {
    home: test.home,
  });
  assert.deepEqual([code, stderr], [
    2,
    "Cannot say what many jobs come after at once: edit them one by one, by their ids\n",
  ]);
  assert.deepEqual(await test.store.states(ids), ["pending", "pending"]);
});

Deno.test("retry says of a job that was called off before it started where its needs have it", async () => {
  using test = await testStore();
  const { home, store } = test;
  const first = await test.enqueue("true", { held: true });
  const second = await test.enqueue("true", { after: [first] });
  const now = Date.now();
  await store.cancel([second], now);
  const blocked = await queuectl(["retry", second], { home });
  assert.equal(blocked.stdout, `Queued 1 job again; blocked until what they need has come: ${second}\n`);
  await store.cancel([second], now);
  await store.cancel([first], now);
  const { stdout } = await queuectl(["retry", second], { home });
  const why = `; skipped, since what they need can no longer come: ${second} (--ignore-needs runs them)`;
  assert.equal(stdout, `Queued 1 job again${why}\n`);
  await store.retry([first], { now });
  await store.cancel([first, second], now);
  const json = JSON.parse((await queuectl(["retry", second, "--json"], { home })).stdout);
  assert.deepEqual(json, { retried: [second], held: [], skipped: [second] });
});

Deno.test("doctor finds needs that were counted wrong, and jobs that nothing keeps from running", async () => {
  using test = await testStore();
  const first = await test.enqueue("true", { held: true });
  const counted = await test.enqueue("true", { after: [first] });
  const lost = await test.enqueue("true", { after: [first] });
  const told = await test.enqueue("true", { after: [first] });
  const seq = (id: string) => id.slice(1);
  const db = new DatabaseSync(`${test.home}/queue.db`);
  db.exec(`
    UPDATE needy SET open = 2 WHERE job = ${seq(counted)};
    DELETE FROM needs WHERE job = ${seq(lost)}; DELETE FROM needy WHERE job = ${seq(lost)};
    UPDATE needs SET decided = 'met' WHERE job = ${seq(told)};
    UPDATE needy SET open = 0, met = 1 WHERE job = ${seq(told)}`);
  db.close();
  const { code, stdout } = await queuectl(["doctor", "--json"], { home: test.home });
  assert.equal(code, 1);
  const found = (JSON.parse(stdout) as { check: string; found: string }[])
    .filter(({ check }) => check === "counts").map(({ found }) => found);
  assert.deepEqual(found.toSorted(), [
    `A need of job "${told}" is met, but should be open`,
    `Job "${lost}" is blocked by nothing`,
    `Job "${told}" is blocked, but its needs say free`,
    `The needs of job "${counted}" were counted wrong`,
  ]);
});
