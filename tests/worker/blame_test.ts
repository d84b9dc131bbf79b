/**
 * @module
 * Whose fault it is that a job does not start: what is the worker's trouble costs no job anything.
 */
import assert from "node:assert/strict";
import { Trouble } from "../../src/worker/supervisor/trouble.ts";
import { blameForError, blameForExit } from "../../src/worker/thread/blame.ts";
import { apart } from "../helpers/apart.ts";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { newJob } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

const wanted = { cwd: "/x", shell: "sh" };

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

Deno.test("what the system lacks is not the job's fault, what the job asked for is", () => {
  const lacking = [
    ["EMFILE", "Too many open files (os error 24)", "too many open files"],
    ["EAGAIN", "Resource temporarily unavailable (os error 11)", "resource temporarily unavailable"],
    ["ENOMEM", "Cannot allocate memory (os error 12)", "cannot allocate memory"],
    ["ENOENT", "entity not found", "Failed to spawn 'sh': entity not found"],
  ];
  for (const [code, message, reason] of lacking) {
    const error = systemError(code!, `Failed to spawn 'sh': ${message}`);
    assert.deepEqual(blameForError(error, wanted), { job: false, reason });
  }
  const asked = [
    ["ENOENT", "No such cwd '/x'", 'the directory "/x" is gone'],
    ["ENOENT", "cwd is not a directory '/x'", '"/x" is not a directory'],
    ["EACCES", "Permission denied (os error 13)", 'the directory "/x" cannot be entered by this user'],
    [
      "E2BIG",
      "Argument list too long (os error 7)",
      "its command and its environment are together more than the system takes",
    ],
  ];
  for (const [code, message, reason] of asked) {
    const error = systemError(code!, `Failed to spawn 'sh': ${message}`);
    assert.deepEqual(blameForError(error, wanted), { job: true, reason });
  }
  assert.equal(blameForExit(2, { ...wanted, spooled: false }).job, false, "no room for a spool");
  assert.equal(blameForExit(2, { ...wanted, spooled: true }).job, false, "no room for a process");
  assert.deepEqual(blameForExit(127, { cwd: null, shell: "fish", spooled: true }), {
    job: true,
    reason: 'the shell "fish" is gone',
  });
});

Deno.test("while nothing can be started, one job is tried after ever longer pauses, then twice as many", async () => {
  const clock = new FakeClock();
  const said: string[] = [];
  let woken = 0;
  const closing = new AbortController();
  const trouble = new Trouble({
    clock,
    say: (text) => said.push(text),
    onPauseOver: () => woken++,
    over: closing.signal,
  });
  const openings = ["a", "b", "c", "d"];
  const claim = () => {
    const { length } = trouble.allow(openings);
    trouble.tried(length, openings.length);
    return length;
  };
  assert.equal(claim(), 4);
  for (let i = 0; i < 4; i++) trouble.failed("too many open files");
  assert.equal(claim(), 0, "it pauses");
  await clock.pass(100);
  assert.equal(woken, 1);
  assert.equal(claim(), 1);
  trouble.failed("too many open files");
  await clock.pass(199);
  assert.equal(claim(), 0, "twice as long");
  await clock.pass(1);
  assert.equal(claim(), 1);
  trouble.worked();
  assert.equal(claim(), 2);
  trouble.worked();
  assert.equal(claim(), 4);
  assert.equal(trouble.lasts, false);
  assert.equal(claim(), 4);
  assert.deepEqual(said, [
    "cannot start jobs: too many open files; what has not begun is put back, and tried again more slowly",
  ]);
  closing.abort();
});

Deno.test("a worker with more slots than it may have files loses no job: all run at last, once", async () => {
  using test = await testStore();
  const ran = test.dir.file("ran");
  const jobs = Array.from(
    { length: 80 },
    () => newJob({ command: `echo x >>'${ran}'; sleep 0.1`, maxRetries: 0, cwd: test.dir.path }),
  );
  const ids = await test.store.enqueue(jobs, { now: Date.now(), idFormat: "short" });
  const program = [...RUN_FLAGS, "--no-check", MAIN, "worker", "start", "--burst", "--slots", "60"];
  const { code, stdout } = await new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 64; exec "$@"', "sh", Deno.execPath(), ...program],
    env: { QUEUECTL_HOME: test.home, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const printed = new TextDecoder().decode(stdout);
  assert.equal(code, 0);
  assert.match(printed, /cannot start jobs: too many open files/);
  assert.equal(printed.split("cannot start jobs").length, 2, "it is said once");
  for (const id of ids) {
    const { state, attempts } = (await test.store.get(id))!;
    assert.deepEqual([state, attempts], ["completed", 1]);
  }
  assert.equal(Deno.readTextFileSync(ran).length, 2 * ids.length);
});

Deno.test("a job whose spool cannot be made is given back, and runs once it can", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home);
  const spools = test.dir.home.spool;
  const [name] = [...Deno.readDirSync(spools)].filter(({ isDirectory }) => isDirectory).map(({ name }) =>
    name
  );
  Deno.removeSync(`${spools}/${name}`, { recursive: true });
  Deno.writeTextFileSync(`${spools}/${name}`, "in the way");
  const id = await test.enqueue("echo ran");
  await until("it is said", () => /cannot start jobs: its spool cannot be written/.test(worker.printed()));
  Deno.removeSync(`${spools}/${name}`);
  Deno.mkdirSync(`${spools}/${name}`);
  const { attempts, lastAttempt } = await test.reaches(id, "completed", "dead");
  assert.deepEqual([attempts, lastAttempt, await test.output(id)], [1, 1, "ran\n"]);
});

Deno.test("a worker whose spool cannot be made says so", async () => {
  using test = await testStore();
  Deno.writeTextFileSync(test.dir.home.spool, "in the way");
  const { code, stderr } = await queuectl(["worker", "start"], { home: test.home });
  assert.match(stderr, /^Cannot use the spool: .*\n$/);
  assert.equal(code, 3);
});

/** As root, but for what lets root signal other users' processes. */
const WEAKER = ["--bounding-set=-kill", "--inh-caps=-kill"];
const canBeWeaker = await canRun("setpriv", [
  ...WEAKER,
  "setpriv",
  "--reuid=65534",
  "--clear-groups",
  "true",
]);

async function canRun(program: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a child of another user that survives a timeout is told of (takes root and setpriv)",
  ignore: !canBeWeaker,
  async fn() {
    using test = await testStore();
    const command = "setpriv --reuid=65534 --clear-groups sleep 300 & echo $! >child; wait";
    const id = await test.enqueue(command, { timeoutMs: 2000 });
    await test.set({ kill_grace: "0.2" });
    const program = [...RUN_FLAGS, "--no-check", MAIN, "worker", "start", "--burst"];
    const { code } = await new Deno.Command("setpriv", {
      args: [...WEAKER, Deno.execPath(), ...program],
      env: { QUEUECTL_HOME: test.home, NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
    }).output();
    Deno.kill(Number(Deno.readTextFileSync(test.dir.file("child"))), "SIGKILL");
    assert.equal(code, 0);
    const { state, error } = (await test.store.get(id))!;
    assert.deepEqual(
      [state, error],
      ["dead", "timed out after 2s; 1 of its processes could not be ended"],
    );
  },
});

Deno.test("a worker whose start directory is deleted goes on; a job that names none fails with a sentence", async () => {
  using test = await testStore();
  const start = test.dir.file("start");
  Deno.mkdirSync(start);
  await using _worker = await startWorker(test.home, [], {}, start);
  const inStart = await test.enqueue("pwd", { cwd: null });
  await test.reaches(inStart, "completed");
  assert.equal((await test.output(inStart)).trim(), Deno.realPathSync(start));
  Deno.removeSync(start);
  const [elsewhere, nowhere] = [await test.enqueue("pwd"), await test.enqueue("pwd", { cwd: null })];
  await test.reaches(elsewhere, "completed");
  const { error } = await test.reaches(nowhere, "dead");
  assert.match(error!, /^could not start: the directory ".*\/start" is gone/);
});

Deno.test("in a directory that is gone, a home that is named from there is refused with a sentence", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.file("gone"));
  const said = await apart("gone_directory", { args: [dir.file("gone")] });
  const { refused, there } = said as { refused: { name: string; message: string }; there: string };
  assert.equal(refused.name, "BadInput");
  assert.match(refused.message, /the current directory: that is gone/);
  assert.equal(there, "/there");
});
