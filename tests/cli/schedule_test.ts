/**
 * @module
 * `queuectl schedule …`, as a person uses it: what it prints, what it refuses, and that a worker runs what is due.
 */
import assert from "node:assert/strict";
import { type Finished, queuectl } from "../helpers/cli_within.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

type Run = (...args: string[]) => Promise<Finished>;

function in_(dir: TempDir): Run {
  return (...args) => queuectl(args, { home: dir.home.dir });
}

async function json(run: Run, ...args: string[]) {
  const { code, stdout, stderr } = await run(...args, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("a schedule is added with its next three times, listed, shown, changed and removed", async () => {
  using dir = tempDir();
  const run = in_(dir);
  const added = await run(
    "schedule",
    "add",
    "nightly",
    "0 2 * * *",
    "--tz",
    "Europe/Berlin",
    "--",
    "make",
    "my report",
  );
  assert.equal(added.code, 0, added.stderr);
  assert.match(
    added.stdout,
    /^Added schedule nightly, next in Europe\/Berlin\n( {2}\d{4}-\d\d-\d\d 02:00:00 \+0[12]:00 \(in .*\)\n){3}$/,
  );
  assert.match(
    added.stderr,
    /^No worker is running, so no schedule is fired: start one with queuectl worker start\n$/,
  );
  const shown = await json(run, "schedule", "show", "nightly");
  assert.deepEqual([shown.expression, shown.tz, shown.missed, shown.overlap], [
    "0 2 * * *",
    "Europe/Berlin",
    "once",
    "skip",
  ]);
  assert.deepEqual(shown.job, { command: "make 'my report'", cwd: Deno.cwd() });
  assert.equal(shown.next_slot, shown.upcoming[0]);
  assert.match(
    (await run("schedule", "list")).stdout,
    /^SCHEDULE .*\nnightly +0 2 \* \* \* +Europe\/Berlin +in /,
  );
  assert.match(
    (await run("schedule", "next", "nightly", "--count", "2")).stdout,
    /^(.* 02:00:00 \+0[12]:00 .*\n){2}$/,
  );

  const set = await run(
    "schedule",
    "set",
    "nightly",
    "30 3 * * *",
    "-l",
    "night",
    "--jitter",
    "5m",
    "--needs",
    "api",
  );
  assert.match(set.stdout, /^Changed schedule nightly.*\n {2}\S+ 03:30:00/);
  const changed = await json(run, "schedule", "show", "nightly");
  assert.deepEqual(changed.job, {
    command: "make 'my report'",
    cwd: Deno.cwd(),
    label: "night",
    needs: ["api"],
  });
  const { stdout: id } = await run("schedule", "run", "nightly");
  assert.deepEqual((await json(run, "show", id.trim())).takes, { api: 1 });
  assert.equal(changed.jitter, 300);

  assert.equal((await run("schedule", "pause", "nightly")).stdout, "Paused nightly\n");
  const paused = await json(run, "schedule", "show", "nightly");
  assert.deepEqual([paused.paused, paused.next_slot, paused.upcoming.length], [true, null, 3]);
  assert.match((await run("schedule", "show", "nightly")).stdout, /^Next .*\), but it is paused\n {10}\S/m);
  assert.equal((await run("schedule", "resume", "nightly")).stdout, "Resumed nightly\n");
  assert.equal((await json(run, "schedule", "show", "nightly")).paused, false);
  assert.equal((await run("schedule", "remove", "nightly")).stdout, "Removed nightly\n");
  assert.deepEqual(await json(run, "schedule", "list"), { schedules: [] });
});

const REFUSED: readonly [args: string[], code: number, why: RegExp][] = [
  [["add", "x", "0 0 30 2 *", "--", "true"], 2, /^Cannot use the schedule "0 0 30 2 \*": it never comes\n/],
  [["add", "x", "0 0 1 1 * 2030", "--", "true"], 2, /it takes no year/],
  [["add", "x", "2030-01-01T00:00:00Z", "--", "true"], 2, /for one time, use enqueue --run-at/],
  [["add", "x", "@daily", "--tz", "Europe/Berln", "--", "true"], 2, /did you mean "Europe\/Berlin"\?/],
  [
    ["add", "x", "@daily", "--missed", "all", "--overlap", "skip", "--", "true"],
    2,
    /Cannot use missed all with overlap skip/,
  ],
  [["add", "x", "@daily", "--overlap", "never", "--", "true"], 2, /it takes skip, queue, replace or allow/],
  [
    ["add", "x", "every 1m", "--jitter", "1m", "--", "true"],
    2,
    /shorter than the time between two runs, which is 1m/,
  ],
  [["add", "x", "@daily"], 2, /Missing what schedule "x" runs/],
  [["add", "x"], 2, /Missing when schedule "x" comes/],
  [["add", "x y", "@daily", "--", "true"], 2, /Cannot use schedule "x y": a name takes/],
  [["add", "x", "@daily", "--cwd", "", "--", "true"], 2, /Cannot use cwd ""/],
  [["add", "x", "@daily", "make", "all"], 2, /Unexpected word "all": quote the expression/],
  [["add", "there", "@daily", "--", "true"], 1, /there is one with that name; schedule set changes it/],
  [["set", "there"], 2, /nothing says what to change/],
  [
    ["set", "there", "--overlap", "replace", "--missed", "all"],
    2,
    /Cannot use missed all with overlap replace/,
  ],
  [["show", "ther"], 1, /Cannot show schedule "ther": no such schedule; there is: there/],
  [["pause", "there", "nowhere"], 1, /Cannot pause schedule "nowhere"/],
  [["run", "nowhere"], 1, /no such schedule/],
];

Deno.test("what makes no sense is refused in one sentence, and changes nothing", async () => {
  using dir = tempDir();
  const run = in_(dir);
  await run("schedule", "add", "there", "@daily", "--", "true");
  const before = await json(run, "schedule", "list");
  for (const [args, code, why] of REFUSED) {
    const refused = await run("schedule", ...args);
    assert.equal(refused.code, code, `${args.join(" ")}: ${refused.stderr}`);
    assert.match(refused.stderr, why);
    assert.equal(refused.stderr.trimEnd().split("\n").length, 1, refused.stderr);
    assert.equal(refused.stdout, "");
  }
  assert.deepEqual(await json(run, "schedule", "list"), before);
  assert.deepEqual((await json(run, "list")).jobs, []);
});

Deno.test("a person runs a schedule at once; what it reads and its variables go with the job", async () => {
  using dir = tempDir();
  const run = in_(dir);
  Deno.writeTextFileSync(dir.file("letter"), "dear all\n");
  await run(
    "schedule",
    "add",
    "mail",
    "@daily",
    "--stdin",
    dir.file("letter"),
    "-e",
    "TO=all",
    "--",
    "sh",
    "-c",
    'cat; echo "$TO $QUEUECTL_SCHEDULE"',
  );
  const ran = await run("schedule", "run", "mail");
  assert.equal(ran.stdout, "j1\n");
  await run("worker", "start", "--burst");
  assert.equal((await run("logs", "j1")).stdout, "dear all\nall mail\n");
  const { runs } = await json(run, "schedule", "history", "mail");
  assert.deepEqual(runs.map(({ kind, job, state }: Record<string, string>) => [kind, job, state]), [[
    "manual",
    "j1",
    "completed",
  ]]);
  assert.match((await run("schedule", "history", "mail")).stdout, /manual +j1 +completed/);
  assert.match((await run("schedule", "list")).stdout, / ✓ /);
});

Deno.test("a worker enqueues what is due, and nothing is due once the schedule is paused", async () => {
  using test = await testStore();
  const run: Run = (...args) => queuectl(args, { home: test.home, cwd: test.dir.path });
  await run("schedule", "add", "tick", "every 1s", "--overlap", "allow", "--", "true");
  await using _worker = await startWorker(test.home);
  await until("it ran twice", async () => {
    const [runs] = await test.store.scheduleRuns(["tick"], { limit: 9 });
    return runs!.filter(({ job }) => job?.state === "completed").length >= 2;
  });
  const { stderr } = await run("schedule", "pause", "tick");
  assert.equal(stderr, "");
  const { schedules } = await json(run, "status");
  assert.deepEqual(schedules, { total: 1, paused: 1, overdue: 0, next_at: null });
});

Deno.test("status and doctor say that nothing is fired while no worker is running", async () => {
  using dir = tempDir();
  const run = in_(dir);
  await run("schedule", "add", "a", "@daily", "--", "true");
  await run("schedule", "add", "b", "@daily", "--", "true");
  await run("schedule", "pause", "b");
  assert.match(
    (await run("status")).stdout,
    /No workers: start one .*\n\n2 schedules, 1 paused; none is fired while no worker/,
  );
  const checks = JSON.parse((await run("doctor", "--json")).stdout);
  const finding = checks.find(({ check }: { check: string }) => check === "schedules");
  assert.equal(finding.level, "warning");
  assert.match(finding.found, /^2, 1 of them paused; none is fired while no worker is running$/);
});

Deno.test("apply makes schedules as a file says: all of them or none, and the same again changes nothing", async () => {
  using dir = tempDir();
  const run = in_(dir);
  const file = dir.file("schedules.ndjson");
  const lines = [
    { name: "a", expression: "@daily", tz: "UTC", job: { command: "make a" } },
    {
      name: "b",
      expression: "every 5m",
      overlap: "queue",
      jitter: "10s",
      job: { command: "make b", timeout: "1m" },
    },
  ];
  const write = (...all: unknown[]) =>
    Deno.writeTextFileSync(file, `# ours\n\n${all.map((one) => JSON.stringify(one)).join("\n")}\n`);
  write(...lines);
  assert.match((await run("schedule", "apply", file, "--dry-run")).stdout, /^Would have added a, b\n$/);
  assert.deepEqual((await json(run, "schedule", "list")).schedules, []);
  assert.match((await run("schedule", "apply", file)).stdout, /^Added a, b\n$/);
  assert.match((await run("schedule", "apply", file)).stdout, /^Unchanged: a, b\n$/);
  write({ ...lines[0], expression: "@hourly" }, lines[1], {
    name: "c",
    expression: "@weekly",
    job: { command: "c" },
  });
  assert.match((await run("schedule", "apply", file)).stdout, /^Added c\nChanged a\nUnchanged: b\n$/);
  const before = await json(run, "schedule", "list");
  write({ ...lines[0], expression: "@monthly" }, { ...lines[1], tz: "Nowhere" });
  const refused = await run("schedule", "apply", file);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /^In line 4 of ".*schedules.ndjson": cannot use tz "Nowhere"|^In line 4 of .*: cannot use tz/,
  );
  write(lines[0], lines[0]);
  assert.match((await run("schedule", "apply", file)).stderr, /the name "a" twice in a file/);
  assert.deepEqual(await json(run, "schedule", "list"), before);
});

Deno.test("import makes schedules of a crontab: all of its lines or none, and a dry run shows them", async () => {
  using dir = tempDir();
  const run = in_(dir);
  const file = dir.file("my.crontab");
  Deno.writeTextFileSync(file, "# mine\r\nA=1\r\n*/5 * * * * poll --fast\r\n@daily mail you%hello\r\n");
  const dry = await run("schedule", "import", file, "--dry-run", "--tz", "Europe/Berlin");
  assert.match(
    dry.stdout,
    /^Would add\nSCHEDULE .*\npoll +\*\/5 \* \* \* \* +Europe\/Berlin +poll --fast\nmail +@daily/,
  );
  assert.deepEqual((await json(run, "schedule", "list")).schedules, []);
  const { added } = await json(run, "schedule", "import", file, "--queue", "cron", "--prefix", "x-");
  assert.deepEqual(added, ["x-poll", "x-mail"]);
  const mail = await json(run, "schedule", "show", "x-mail");
  assert.deepEqual([mail.missed, mail.overlap], ["skip", "allow"]);
  const { cwd: _, ...job } = mail.job;
  assert.deepEqual(job, {
    command: "mail you",
    stdin: "hello\n",
    env: { A: "1" },
    max_retries: 0,
    queue: "cron",
  });
  const again = await run("schedule", "import", file, "--prefix", "x-");
  assert.deepEqual([again.code, again.stderr], [
    1,
    'Cannot add schedule "x-poll": there is one with that name\n',
  ]);
  Deno.writeTextFileSync(file, "0 0 * * * fine\n@reboot start\n");
  const refused = await run("schedule", "import", file);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^In line 2 of .*: cannot use the schedule "@reboot"/);
  assert.equal((await json(run, "schedule", "list")).schedules.length, 2);
});
