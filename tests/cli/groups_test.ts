/**
 * @module
 * Groups of jobs, at the command line.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { DEAD, handWorker } from "../helpers/hand_worker.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("a group is filled, sealed, shown, waited for, retried and forgotten", async () => {
  using test = await testStore();
  const { home } = test;
  const printed = async (...args: string[]) => {
    const { code, stdout, stderr } = await queuectl(args, { home });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await printed("enqueue", "--group", "album", "true");
  await printed("enqueue", "--group", "album", "--max-retries", "0", "false");
  await printed("enqueue", "--after-group", "album", "zip");
  assert.match(await printed("list"), /^j3 +blocked +after group album +zip$/m);
  assert.match(
    await printed("list", "--group", "album", "--format", "{id} {group}"),
    /^j2 album\nj1 album\n$/,
  );
  assert.match(await printed("group", "list"), /^album +open +0\/2 /m);
  const worker = await handWorker(test.store);
  await (await worker.claim()).end();
  await (await worker.claim()).end(DEAD);
  assert.match(
    await printed("group", "show", "album"),
    /^State {6}open: it ends once it is sealed\nDone {7}2 of 2: 1 completed, 1 dead\nNeeded by {2}j3 \(blocked\)$/m,
  );
  assert.match(await printed("show", "j1"), /^Group {6}album$/m);
  assert.equal(await printed("group", "seal", "album"), 'Sealed group "album", which has ended: failed\n');
  assert.match(await printed("show", "j3"), /^Not run {4}jobs of group album failed$/m);
  assert.equal(await printed("needs", "j3"), "j3 skipped\n└─ group album failed, not met\n");
  const waited = await queuectl(["wait", "--group", "album"], { home });
  assert.deepEqual([waited.code, waited.stdout], [
    1,
    'Group "album" failed: 1 completed, 1 dead, 0 cancelled\n',
  ]);
  assert.equal(await printed("group", "retry", "album", "--yes"), "Queued 1 job again\n");
  assert.deepEqual(await test.store.states(["j1", "j2", "j3"]), ["completed", "pending", "blocked"]);
  await printed("group", "cancel", "album", "--yes");
  const json = JSON.parse(await printed("group", "show", "album", "--json"));
  assert.deepEqual([json.state, json.total, json.open, json.cancelled, json.needed_by], [
    "cancelled",
    2,
    0,
    1,
    ["j3"],
  ]);
  assert.equal(
    await printed("group", "delete", "album", "--jobs", "--yes"),
    'Deleted group "album" and 2 jobs\n',
  );
  assert.equal(await printed("group", "list"), "No groups\n");
});

Deno.test("what a file makes of groups is sealed with it, and only its own jobs add to it", async () => {
  using test = await testStore();
  const { home } = test;
  const stdin = "echo 1\necho 2\n";
  assert.equal((await queuectl(["enqueue", "--group", "g", "--file", "-"], { home, stdin })).code, 0);
  assert.equal((await test.store.group("g"))!.sealed, true);
  const worker = await handWorker(test.store);
  const running = await worker.claim();
  const env = { QUEUECTL_JOB_ID: running.job.id };
  assert.equal((await queuectl(["enqueue", "--group", "g", "more"], { home, env })).code, 0);
  const refused = await queuectl(["enqueue", "--group", "g", "--each", "-", "--", "x"], { home, stdin });
  assert.deepEqual([refused.code, refused.stderr], [
    2,
    'Cannot enqueue into group "g": it is sealed; --reopen adds to it all the same\n',
  ]);
  assert.equal((await queuectl(["enqueue", "--group", "g", "--reopen", "more"], { home })).code, 0);
  assert.equal((await test.store.group("g"))!.open, 4);
});

Deno.test("what makes no sense of groups is a sentence and exit code 2, and nothing is stored", async () => {
  using test = await testStore();
  const name = "it takes 1 to 64 of the characters A-Z a-z 0-9 . _ : -, the first a letter or digit";
  for (
    const [args, message] of [
      [["--group", "", "true"], `Cannot use group "": ${name}`],
      [["--group", "a b", "true"], `Cannot use group "a b": ${name}`],
      [["--group", "x".repeat(65), "true"], `Cannot use group "${"x".repeat(65)}": ${name}`],
      [["--after-group", "g", "true"], 'Cannot make a job wait for group "g": no such group'],
      [
        ["--after-group", "a b", "true"],
        'Cannot use after_group "a b": it takes names of groups, with commas between them, or none',
      ],
      [["--group", "g", "--after-group", "g", "true"], 'Cannot make a job of group "g" wait for that group'],
      [["--max-failures", "2", "true"], "Cannot use --max-failures without a group: say which with --group"],
      [["--reopen", "true"], "Cannot use --reopen without a group: say which with --group"],
      [
        ["--group", "g", "--max-failures", "0", "true"],
        'Cannot use --max-failures "0": it takes a whole number from 1 to 1000000',
      ],
      [
        ["--group", "g", "--max-failures=-1", "true"],
        'Cannot use --max-failures "-1": it takes a whole number from 1 to 1000000',
      ],
    ] as const
  ) {
    const { code, stderr } = await queuectl(["enqueue", ...args], { home: test.home });
    assert.deepEqual([code, stderr.trimEnd()], [2, message]);
  }
  assert.deepEqual(await test.store.groups(), []);
  assert.deepEqual((await test.store.list({ limit: 1 })).jobs, []);
  const { code, stderr } = await queuectl(["group", "show", "g"], { home: test.home });
  assert.deepEqual([code, stderr], [1, 'Cannot show group "g": no such group\n']);
});

Deno.test("an array is one job for each number, as a group; each knows which one it is", async () => {
  using test = await testStore();
  const { home } = test;
  const { code, stdout, stderr } = await queuectl(
    ["enqueue", "--array", "2-8:3", "--group", "g", "--then", "join", "--", "part", "{}", "$x"],
    { home },
  );
  assert.deepEqual([code, stdout], [0, "j1\nj2\nj3\n"], stderr);
  const jobs = (await test.store.list({ group: "g", sort: "oldest", limit: 9 })).jobs;
  assert.deepEqual(
    jobs.map(({ command, env }) => [command, env]),
    ["2", "5", "8"].map((item) => [
      `part ${item} '$x'`,
      { QUEUECTL_INDEX: item, QUEUECTL_COUNT: "3", QUEUECTL_ITEM: item },
    ]),
  );
  const [needs] = await test.store.needs(["j4"], 9);
  assert.deepEqual(needs!.needs.map(({ id, group }) => [id, group]), [["g", "open"]]);
  assert.equal((await test.store.get("j4"))!.group, null);
  assert.equal((await test.store.group("g"))!.sealed, true);
});

Deno.test("--each makes a group, too, under a name that is said; --after-each goes job by job", async () => {
  using test = await testStore();
  const { home } = test;
  const stdin = "a b\n$c\n";
  const made = await queuectl(["enqueue", "--each", "-", "--json", "--", "echo"], { home, stdin });
  const { ids, group } = JSON.parse(made.stdout);
  assert.deepEqual(ids, ["j1", "j2"]);
  assert.match(group, /^each-[a-z0-9]{8}$/);
  const { env, command } = (await test.store.get("j2"))!;
  assert.deepEqual([command, env], [
    "echo '$c'",
    { QUEUECTL_INDEX: "2", QUEUECTL_COUNT: "2", QUEUECTL_ITEM: "$c" },
  ]);
  const after = ["enqueue", "--after-each", group, "x"];
  assert.equal((await queuectl([...after, "--array", "1-2"], { home })).stdout, "j3\nj4\n");
  const needs = await test.store.needs(["j3", "j4"], 9);
  assert.deepEqual(needs.map((needs) => needs!.needs.map(({ id }) => id)), [["j1"], ["j2"]]);
  const wrong = await queuectl([...after, "--array", "1-3"], { home });
  assert.deepEqual([wrong.code, wrong.stderr], [
    2,
    `Cannot make 3 jobs wait for each of group "${group}": it has 2\n`,
  ]);
});

Deno.test("--then enqueues what comes after with the job, and nothing where one of them is wrong", async () => {
  using test = await testStore();
  const { home } = test;
  const flags = ["--queue", "q", "--then", "good", "--then-failed", "bad", "--then-ended", "over"];
  assert.equal((await queuectl(["enqueue", ...flags, "work"], { home })).stdout, "j1\n");
  const found = await Promise.all(["j2", "j3", "j4"].map((id) => test.store.get(id)));
  assert.deepEqual(found.map((job) => [job!.command, job!.queue, job!.state]), [
    ["good", "q", "blocked"],
    ["bad", "q", "blocked"],
    ["over", "q", "blocked"],
  ]);
  const needs = await test.store.needs(["j2", "j3", "j4"], 9);
  assert.deepEqual(needs.map((one) => one!.needs.map(({ id, wanting }) => [id, wanting])), [
    [["j1", "completed"]],
    [["j1", "failed"]],
    [["j1", "ended"]],
  ]);
  const blank = await queuectl(["enqueue", "--then", " ", "work"], { home });
  assert.deepEqual([blank.code, blank.stderr], [2, "Cannot enqueue a job without a command: it is blank\n"]);
  assert.equal((await test.store.list({ limit: 9 })).jobs.length, 4);
});

Deno.test("arrays that make no sense are a sentence and exit code 2, and nothing is stored", async () => {
  using test = await testStore();
  const shape = "it takes FIRST-LAST, or FIRST-LAST:STEP, such as 1-100 or 0-90:10";
  for (
    const [args, message] of [
      [["--array", "5-1", "x"], `Cannot use --array "5-1": ${shape}`],
      [["--array", "1-9:0", "x"], `Cannot use --array "1-9:0": ${shape}`],
      [["--array", "1", "x"], `Cannot use --array "1": ${shape}`],
      [["--array", "1-1000001", "x"], 'Cannot use --array "1-1000001": it takes at most 1000000 jobs'],
      [
        ["--array", "1-2", "--each", "-", "x"],
        "Cannot use --array with --each: each says what to make jobs for",
      ],
      [
        ["--after-each", "g", "x"],
        "Cannot use --after-each without --array or --each: it is for as many jobs",
      ],
      [
        ["--array", "1-2", "--after-each", "g", "x"],
        'Cannot make jobs wait for each of group "g": no such group',
      ],
      [["--file", "-", "--then", "x"], "Cannot use --then with --file: the file says what comes after what"],
    ] as const
  ) {
    const { code, stderr } = await queuectl(["enqueue", ...args], { home: test.home, stdin: "a\n" });
    assert.deepEqual([code, stderr.trimEnd()], [2, message]);
  }
  assert.deepEqual(await test.store.groups(), []);
});
