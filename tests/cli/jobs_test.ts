/**
 * @module
 * The commands that look at jobs and queues and manage them, as real processes.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { DEAD, handWorker } from "../helpers/hand_worker.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("list shows jobs newest first, only the columns that are used, and no control characters", async () => {
  using test = await testStore();
  const empty = await queuectl(["list"], { home: test.home });
  assert.deepEqual([empty.code, empty.stdout], [0, "No jobs\n"]);
  await test.enqueue("echo first");
  await test.enqueue("printf 'a\nb'\x1b[31m", { queue: "mail", label: "l\u202ex" });
  const { stdout } = await queuectl(["list"], { home: test.home });
  const [titles, second, first, end] = stdout.split("\n");
  assert.match(titles!, /^ID +STATE +WHEN +QUEUE +LABEL +COMMAND$/);
  assert.match(second!, /^j2 +pending +\S.* +mail +l\\u202ex +printf 'a\\nb'\\e\[31m$/);
  assert.match(first!, /^j1 +pending +.* +echo first$/);
  assert.equal(end, "");
});

Deno.test("list filters, and goes on page by page", async () => {
  using test = await testStore();
  for (let n = 1; n <= 5; n++) {
    await test.enqueue(`echo ${n}`, { queue: n % 2 ? "odd" : "even", priority: -n });
  }
  const list = async (...args: string[]) => {
    const { code, stdout, stderr } = await queuectl(["list", "--json", ...args], { home: test.home });
    assert.deepEqual([code, stderr], [0, ""]);
    const { jobs, cursor } = JSON.parse(stdout);
    return { ids: jobs.map((job: { id: string }) => job.id).join(" "), cursor };
  };
  assert.deepEqual(await list(), { ids: "j5 j4 j3 j2 j1", cursor: null });
  assert.equal((await list("--queue", "odd", "--sort", "oldest")).ids, "j1 j3 j5");
  assert.equal((await list("--search", "echo 4")).ids, "j4");
  assert.equal((await list("--state", "dead")).ids, "");
  assert.equal((await list("--state", "pending", "--sort", "priority")).ids, "j5 j4 j3 j2 j1");
  const page = await list("--limit", "2");
  assert.equal(page.ids, "j5 j4");
  assert.equal((await list("--limit", "2", "--cursor", page.cursor)).ids, "j3 j2");
  const { stderr } = await queuectl(["list", "--limit", "2"], { home: test.home });
  assert.equal(stderr, `More with --cursor ${page.cursor}\n`);
});

Deno.test("list refuses a state that is none, and a limit that is none", async () => {
  using test = await testStore();
  const state = await queuectl(["list", "--state", "done"], { home: test.home });
  assert.deepEqual([state.code, state.stderr], [
    2,
    'Cannot use --state "done": it takes blocked, pending, scheduled, processing, completed, failed, dead, cancelled or skipped; did you mean completed?\n',
  ]);
  const limit = await queuectl(["list", "--limit", "0"], { home: test.home });
  assert.deepEqual([limit.code, limit.stderr], [
    2,
    'Cannot use --limit "0": it takes a whole number from 1 to 10000\n',
  ]);
});

Deno.test("show says why a job is not running", async () => {
  using test = await testStore();
  const reasons = async (id: string) => {
    const { stdout } = await queuectl(["show", id, "--json"], { home: test.home });
    return JSON.parse(stdout).waits_because;
  };
  const ahead = await test.enqueue("true", { queue: "mail" });
  const waiting = await test.enqueue("true", { queue: "mail" });
  const held = await test.enqueue("true", { queue: "mail", held: true });
  const scheduled = await test.enqueue("true", { runAt: Date.UTC(2130, 0, 1) });
  assert.deepEqual(await reasons(waiting), ["no worker is running", "1 job is ahead of it"]);
  assert.deepEqual(await reasons(held), ["it is held until it is released", "no worker is running"]);
  assert.deepEqual(await reasons(scheduled), [
    "it is scheduled for 2130-01-01T00:00:00.000Z",
    "no worker is running",
  ]);

  const worker = await handWorker(test.store, ["mail"]);
  await test.store.setQueue("mail", { paused: true, concurrency: 1 });
  assert.deepEqual(await reasons(ahead), ['queue "mail" is paused']);
  assert.deepEqual((await reasons(scheduled)).at(-1), 'no running worker serves queue "default"');
  await test.store.setQueue("mail", { paused: false });
  const attempt = await worker.claim();
  assert.deepEqual(await reasons(waiting), [
    'queue "mail" already runs as many jobs as it may, 1',
    "every worker is busy",
  ]);
  assert.deepEqual(await reasons(ahead), []);
  const retryAt = Date.now() + 3_600_000;
  await attempt.end({
    outcome: "failed",
    exitCode: 1,
    error: "exit code 1",
    state: "failed",
    runAt: retryAt,
  });
  assert.deepEqual(await reasons(ahead), [`its next attempt is due at ${new Date(retryAt).toISOString()}`]);
  assert.deepEqual(await reasons(waiting), ["a worker is about to take it"]);
});

Deno.test("show prints a job and its attempts, without control characters", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("exit 7 # \x1b]0;title\x07", { env: { A: "1\n2" } });
  await (await worker.claim()).end(DEAD);
  const { code, stdout } = await queuectl(["show", "j1"], { home: test.home });
  assert.equal(code, 0);
  assert.match(stdout, /^State +dead$/m);
  assert.match(stdout, /^Command +exit 7 # \\e\]0;title\\x07$/m);
  assert.match(stdout, /^Env +A=1\\n2$/m);
  assert.match(stdout, /^ATTEMPT +OUTCOME +STARTED \S+ +TOOK +EXIT +WORKER +ERROR$/m);
  assert.match(stdout, /^ +1 +failed +\S+ \S+ +\S+ +7 +hand-worker +exit code 7$/m);
  const job = JSON.parse((await queuectl(["show", "j1", "--json"], { home: test.home })).stdout);
  assert.deepEqual([job.state, job.exit_code, job.attempts, job.history[0].outcome], [
    "dead",
    7,
    1,
    "failed",
  ]);
});

Deno.test("an id that nobody has is refused by every command on jobs, with exit code 1", async () => {
  using test = await testStore();
  const verbs = {
    "show": "show",
    "logs": "show logs of",
    "wait": "wait for",
    "cancel": "cancel",
    "retry": "retry",
    "delete": "delete",
    "edit": "edit",
    "hold": "hold",
    "release": "release",
    "pause": "pause",
    "resume": "resume",
    "dlq retry": "retry",
    "dlq delete": "delete",
  };
  for (const [command, verb] of Object.entries(verbs)) {
    const more = command === "edit" ? ["--priority", "1"] : [];
    const { code, stdout, stderr } = await queuectl([...command.split(" "), "42x", ...more], {
      home: test.home,
    });
    assert.deepEqual([code, stdout, stderr], [1, "", `Cannot ${verb} job "42x": no such job\n`]);
  }
});

Deno.test("cancel, retry, hold, release, edit and delete do what they say", async () => {
  using test = await testStore();
  await test.enqueue("true");
  await test.enqueue("true");
  const run = async (...args: string[]) => (await queuectl(args, { home: test.home })).stdout.trimEnd();
  const state = async (id: string) => (await test.store.get(id))?.state;

  assert.equal(await run("cancel", "j1", "j2", "j1"), "Cancelled 2 jobs");
  assert.equal(await state("j1"), "cancelled");
  assert.equal(await run("retry", "j1"), "Queued 1 job again");
  assert.equal(await state("j1"), "pending");
  assert.equal(await run("hold", "j1"), "Held 1 job");
  assert.equal((await test.store.get("j1"))?.held, true);
  assert.deepEqual(JSON.parse(await run("release", "j1", "--json")), { released: ["j1"] });
  assert.equal((await test.store.get("j1"))?.held, false);
  assert.equal(
    await run("edit", "j1", "--priority", "-3", "--run-at", "2130-01-01T00:00:00Z"),
    "Changed job j1",
  );
  assert.deepEqual([(await test.store.get("j1"))?.priority, await state("j1")], [-3, "scheduled"]);
  assert.equal(JSON.parse(await run("edit", "j1", "--delay", "0", "--json")).state, "pending");
  assert.equal(await run("delete", "j1"), "Deleted 1 job");
  assert.equal(await state("j1"), undefined);

  const worker = await handWorker(test.store);
  await test.enqueue("true");
  await worker.claim();
  assert.equal(await run("cancel", "j3"), "Told the worker to end 1 job");
});

Deno.test("a command on several jobs does all or nothing", async () => {
  using test = await testStore();
  await test.enqueue("true");
  const { code } = await queuectl(["delete", "j1", "j2"], { home: test.home });
  assert.equal(code, 1);
  assert.equal((await test.store.get("j1"))?.state, "pending");
});

Deno.test("edit without anything to change, or with bad values, is refused", async () => {
  using test = await testStore();
  await test.enqueue("true");
  const nothing = await queuectl(["edit", "j1"], { home: test.home });
  assert.deepEqual([nothing.code, nothing.stderr], [
    2,
    'Cannot edit job "j1": no flag says what to change; --help shows them\n',
  ]);
  const bad = await queuectl(["edit", "j1", "--command", " "], { home: test.home });
  assert.equal(bad.code, 2);
});

Deno.test("the dead letter queue: list, retry, delete, clear", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  for (let n = 0; n < 5; n++) {
    await test.enqueue("false");
    await (await worker.claim()).end(DEAD);
  }
  await test.enqueue("true");
  const run = async (...args: string[]) => await queuectl(["dlq", ...args], { home: test.home });

  const { jobs } = JSON.parse((await run("list", "--json")).stdout);
  assert.deepEqual(jobs.map((job: { id: string }) => job.id), ["j5", "j4", "j3", "j2", "j1"]);
  assert.match((await run("list")).stdout, /^j1 +dead .* exit code 7 +false$/m);
  assert.equal((await run("retry", "j1")).stdout, "Queued 1 job again\n");
  assert.equal((await test.store.get("j1"))?.state, "pending");
  assert.equal((await test.store.attempts("j1")).length, 1);
  assert.equal((await run("delete", "j2")).stdout, "Deleted 1 job\n");
  const alive = await run("delete", "j6");
  assert.deepEqual([alive.code, alive.stderr], [1, 'Cannot delete job "j6": it is pending, not dead\n']);
  const unclear = await run("retry");
  assert.deepEqual([unclear.code, unclear.stderr], [
    2,
    "Cannot tell which jobs to retry: give ids, or filters such as --queue QUEUE, or --all\n",
  ]);
  assert.equal((await run("retry", "--all")).stdout, "Queued 3 jobs again\n");
  assert.deepEqual(JSON.parse((await run("clear", "--json")).stdout), { deleted: 0 });
});

Deno.test("queues: list, pause, resume, limit, clear", async () => {
  using test = await testStore();
  const run = async (...args: string[]) => await queuectl(["queue", ...args], { home: test.home });
  assert.equal((await run("list")).stdout, "No queues\n");
  await test.enqueue("true", { queue: "mail" });
  await test.enqueue("true", { queue: "mail", runAt: Date.UTC(2130, 0, 1) });
  await test.enqueue("true");
  assert.equal((await run("pause", "mail")).stdout, 'Paused queue "mail"\n');
  assert.equal(
    (await run("set", "mail", "--concurrency", "2")).stdout,
    'Queue "mail" runs at most 2 at a time\n',
  );
  assert.match((await run("list")).stdout, /^mail +paused +2 +1 +1$/m);
  assert.equal((await run("resume", "mail")).stdout, 'Resumed queue "mail"\n');
  assert.equal((await run("set", "mail", "--concurrency", "none")).stdout, 'Queue "mail" has no limit\n');
  const { queues } = JSON.parse((await run("list", "--json")).stdout);
  assert.deepEqual([queues[1].name, queues[1].paused, queues[1].concurrency], ["mail", false, null]);
  assert.equal((await run("clear", "mail")).stdout, "Deleted 2 jobs\n");
  assert.deepEqual(JSON.parse((await run("clear", "--json")).stdout), { deleted: 1 });
  assert.equal((await run("pause", "new")).code, 0);
  assert.equal((await test.store.queues()).find(({ name }) => name === "new")?.paused, true);
  assert.equal((await run("delete", "new")).stdout, 'Deleted queue "new"\n');
  const unknown = await run("delete", "new");
  assert.deepEqual([unknown.code, unknown.stderr], [
    1,
    'Cannot delete queue "new": no such queue; there are: mail, default\n',
  ]);
  const limit = await run("set", "mail", "--concurrency", "0");
  assert.deepEqual([limit.code, limit.stderr], [
    2,
    'Cannot use --concurrency "0": it takes a whole number from 1 to 1000000, or none\n',
  ]);
  assert.equal((await run("pause", "../x")).code, 2);
});
