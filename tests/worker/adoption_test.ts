/**
 * @module
 * Jobs that outlive their worker: they go on, and the next worker picks up their result.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { signalTree } from "../../src/worker/process/posix/tree.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { putToSleep, startWorker, type TestStore, testStore } from "../helpers/worker.ts";

/** Waits until a job's command has written its token to the file `token`, and returns it. */
function tokenOf(test: TestStore, file = "token"): Promise<string> {
  return until(`${file} is written`, () => {
    try {
      return Deno.readTextFileSync(test.dir.file(file)).trim();
    } catch {
      return "";
    }
  });
}

const UP = "echo $QUEUECTL_RUN >>token; ";
const GATE = "until [ -e go ]; do sleep 0.1; done; ";

/** Starts a worker, lets it begin the command, and kills it. */
async function orphan(
  test: TestStore,
  command: string,
  changes = {},
): Promise<{ id: string; token: string }> {
  const id = await test.enqueue(UP + command, changes);
  await using worker = await startWorker(test.home);
  const token = await tokenOf(test);
  worker.signal("SIGKILL");
  await worker.ended;
  return { id, token };
}

function open(test: TestStore, gate = "go"): void {
  Deno.writeTextFileSync(test.dir.file(gate), "");
}

async function spoolIsEmpty(test: TestStore): Promise<boolean> {
  return (await Array.fromAsync(Deno.readDir(`${test.home}/spool`))).length === 0;
}

const ENDS = [
  ["exit 0", "exit 0", 0, null],
  ["an exit code", "exit 3", 3, null],
  ["an exit code that looks like a signal's", "exit 137", 137, null],
  ["exec", "exec sh -c 'exit 9'", 9, null],
  ["a trap of its own", "trap 'exit 4' EXIT; exit 3", 4, null],
  ["a signal", "kill -KILL $$", null, "SIGKILL"],
  ["a syntax error", ". ./broken", 2, null],
] as const;

Deno.test("jobs whose worker was killed are adopted, and end rightly, in whatever way", async () => {
  using test = await testStore();
  Deno.writeTextFileSync(test.dir.file("broken"), "echo (\n");
  const jobs: { id: string; end: typeof ENDS[number] }[] = [];
  for (const [n, end] of ENDS.entries()) {
    const command = `echo $QUEUECTL_RUN >>token-${n}; echo one; ${GATE}echo two; ${end[1]}`;
    jobs.push({ id: await test.enqueue(command), end });
  }
  {
    await using worker = await startWorker(test.home, ["--slots", String(ENDS.length)]);
    for (const n of ENDS.keys()) await tokenOf(test, `token-${n}`);
    worker.signal("SIGKILL");
    await worker.ended;
  }
  await using next = await startWorker(test.home, ["--burst"]);
  for (const { id } of jobs) {
    await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom);
  }
  open(test);
  for (const [n, { id, end: [what, , exitCode, signal] }] of jobs.entries()) {
    const job = await test.reaches(id, "completed", "dead");
    assert.deepEqual([job.exitCode, job.signal, job.attempts], [exitCode, signal, 1], what);
    assert.equal(job.state, exitCode === 0 ? "completed" : "dead", what);
    assert.match(await test.output(id), /^one\ntwo\n/, what);
    const [attempt] = await test.store.attempts(id);
    assert.ok(attempt!.cpuMs !== null, `by ${what}: what it took is known`);
    assert.equal(
      (await tokenOf(test, `token-${n}`)).split("\n").length,
      1,
      `by ${what}: it was started once`,
    );
  }
  assert.equal(await next.ended, 0);
  assert.deepEqual(await test.store.recount(), []);
  assert.ok(await spoolIsEmpty(test));
});

Deno.test("what happened while there was no worker is settled by what it left: an end, a timeout, a cancel", async () => {
  using test = await testStore();
  const commands = {
    ended: [`echo one; ${GATE}echo two >&2; exit 5`],
    late: ["sleep 300", { timeoutMs: 2000 }],
    // their worker died while it ended them
    "timed out": ["sleep 300", { timeoutMs: 2000 }],
    cancelled: ["sleep 300"],
  } as const;
  const ids: string[] = [];
  for (const [name, [command, changes = {}]] of Object.entries(commands)) {
    ids.push(await test.enqueue(`echo $QUEUECTL_RUN >>'token ${name}'; ${command}`, changes));
  }
  const [ended, late, timedOut, cancelled] = ids as [string, string, string, string];
  {
    await using worker = await startWorker(test.home, ["--slots", String(ids.length)]);
    for (const name of Object.keys(commands)) await tokenOf(test, `token ${name}`);
    worker.signal("SIGKILL");
    await worker.ended;
  }
  const begunBy = Date.now(); // the store may still know the time of the claim
  const isGone = async (name: string) =>
    (await signalTree({ token: await tokenOf(test, `token ${name}`), root: null }, "0", true)).length === 0;
  open(test);
  await until("it has ended", () => isGone("ended"));
  const endedBefore = Date.now();
  await test.store.cancel([cancelled], Date.now());
  await until("their times are over", () => Date.now() > begunBy + 2000);
  for (const name of ["timed out", "cancelled"]) {
    await signalTree({ token: await tokenOf(test, `token ${name}`), root: null }, "TERM", true);
    await until("it has ended", () => isGone(name));
  }

  await using _next = await startWorker(test.home);
  const one = await test.reaches(ended, "dead");
  assert.deepEqual([one.exitCode, one.error, one.attempts], [5, "exit code 5", 1]);
  assert.ok(one.finishedAt! <= endedBefore, "its end is when it ended, not when that was noticed");
  assert.equal(await test.output(ended), "one\ntwo\n");
  assert.equal((await test.reaches(late, "dead")).error, "timed out after 2s");
  const two = await test.reaches(timedOut, "dead");
  assert.deepEqual([two.error, two.signal], ["timed out after 2s", "SIGTERM"]);
  const three = await test.reaches(cancelled, "cancelled");
  const [attempt] = await test.store.attempts(cancelled);
  assert.deepEqual([three.error, three.signal, attempt!.outcome], ["cancelled", "SIGTERM", "cancelled"]);
});

Deno.test("a job that is gone without an exit code is lost, what it left running is ended, and it runs again", async () => {
  using test = await testStore();
  await test.set({ backoff_base: "0" });
  const command = `[ $QUEUECTL_ATTEMPT = 2 ] || { sleep 300 & sleep 300; }`;
  const { id, token } = await orphan(test, command, { maxRetries: 1 });
  const pids = await signalTree({ token, root: null }, "0", true);
  const shells = pids.filter(({ pid }) => Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("sh\0-c\0"));
  assert.equal(shells.length, 2, "the command's shell and its witness");
  for (const { pid } of shells) Deno.kill(pid, "SIGKILL");
  await using _next = await startWorker(test.home, ["--burst"]);
  const job = await test.reaches(id, "completed");
  assert.equal(job.attempts, 2);
  const [lost] = await test.store.attempts(id);
  assert.equal(lost!.error, "lost: its process was gone and had left no exit code");
  assert.deepEqual(await signalTree({ token, root: null }, "0", true), []);
});

Deno.test("a job that keeps being lost is dead after its retries, and others are not held up", async () => {
  using test = await testStore();
  await test.set({ backoff_base: "0", poll_interval: "0.1" });
  const killer = await test.enqueue("kill -KILL $(cat worker) $PPID $$", { maxRetries: 2, priority: -1 });
  const other = await test.enqueue("echo >other");
  for (let attempt = 1; attempt <= 3; attempt++) {
    const starting = startWorker(test.home);
    await using worker = await starting;
    Deno.writeTextFileSync(test.dir.file("worker"), String(worker.pid));
    if (attempt === 1) await Promise.race([worker.ended, test.reaches(other, "completed")]);
    await until(
      "the attempt is over",
      async () => (await test.store.attempts(killer)).filter((one) => one.outcome).length >= attempt - 1,
    );
    await worker.ended;
  }
  await using _last = await startWorker(test.home, ["--burst"]);
  const job = await test.reaches(killer, "dead");
  assert.equal(job.attempts, 3);
  assert.match(job.error!, /^lost: /);
  await test.reaches(other, "completed");
});

Deno.test("an adopted job keeps its timeout, counted from its start", async () => {
  using test = await testStore();
  const { id, token } = await orphan(test, "sleep 300 & sleep 300", { timeoutMs: 2000 });
  await using _next = await startWorker(test.home);
  const job = await test.reaches(id, "dead");
  assert.equal(job.error, "timed out after 2s");
  const tookMs = job.finishedAt! - job.startedAt!;
  assert.ok(tookMs >= 1950 && tookMs < 120_000, `took ${tookMs} ms`);
  assert.deepEqual(await signalTree({ token, root: null }, "0", true), []);
});

Deno.test("an adopted job can be cancelled, and is shown as adopted", async () => {
  using test = await testStore();
  const { id, token } = await orphan(test, "sleep 300 & sleep 300", { maxRetries: 5 });
  const first = (await test.store.get(id))!.worker!;
  await using _next = await startWorker(test.home);
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom === first);
  const list = await queuectl(["worker", "list"], { home: test.home });
  assert.match(list.stdout, new RegExp(`${id} \\(adopted\\)`));
  const show = await queuectl(["show", id], { home: test.home });
  assert.match(show.stdout, /ADOPTED FROM/);
  assert.match(show.stdout, new RegExp(`running .*worker-\\w{6}  ${first}`));
  const shown = JSON.parse((await queuectl(["show", id, "--json"], { home: test.home })).stdout);
  assert.equal(shown.history[0].adopted_from, first);
  assert.equal((await queuectl(["cancel", id], { home: test.home })).code, 0);
  const job = await test.reaches(id, "cancelled");
  assert.equal(job.error, "cancelled");
  assert.deepEqual(await signalTree({ token, root: null }, "0", true), []);
});

Deno.test("the output of an adopted job goes on, each byte once", async () => {
  using test = await testStore();
  const id = await test.enqueue(
    `echo one; ${UP}until [ -e more ]; do sleep 0.1; done; echo two; ${GATE}echo three`,
  );
  {
    await using first = await startWorker(test.home);
    await until("the first line is stored", async () => await test.output(id) === "one\n");
    first.signal("SIGKILL");
    await first.ended;
  }
  await using _next = await startWorker(test.home);
  open(test, "more");
  await until("the second line shows", async () => await test.output(id) === "one\ntwo\n");
  open(test);
  await test.reaches(id, "completed");
  assert.equal(await test.output(id), "one\ntwo\nthree\n");
});

Deno.test("a worker that runs already adopts what another one leaves behind when it dies", async () => {
  using test = await testStore();
  const id = await test.enqueue(UP + GATE + "exit 7");
  await using first = await startWorker(test.home);
  await tokenOf(test);
  await using _second = await startWorker(test.home);
  first.signal("SIGKILL");
  await first.ended;
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom);
  open(test);
  assert.equal((await test.reaches(id, "dead")).exitCode, 7);
});

Deno.test("worker stop --leave stops at once, and the next worker adopts what runs", async () => {
  using test = await testStore();
  const id = await test.enqueue(UP + GATE + "echo done");
  await using first = await startWorker(test.home, ["--count", "2"]);
  await tokenOf(test);
  const stopped = await queuectl(["worker", "stop", "--wait", "--leave"], { home: test.home });
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.equal(await first.ended, 0);
  assert.match(first.printed(), new RegExp(`left to the next worker, running: ${id}`));
  assert.equal((await test.store.get(id))!.state, "processing");
  const list = await queuectl(["worker", "list"], { home: test.home });
  assert.match(list.stdout, new RegExp(`left .* ${id}\\n$`));
  await using _next = await startWorker(test.home);
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom);
  open(test);
  assert.equal((await test.reaches(id, "completed")).attempts, 1);
  assert.equal(await test.output(id), "done\n");
});

Deno.test("worker stop --leave for one worker of several leaves its job to the others", async () => {
  using test = await testStore();
  const id = await test.enqueue(UP + GATE + "echo done");
  await using _worker = await startWorker(test.home, ["--count", "2"]);
  await tokenOf(test);
  const { worker } = await test.reaches(id, "processing");
  const stopped = await queuectl(["worker", "stop", "--wait", "--leave", "--id", worker!], {
    home: test.home,
  });
  assert.equal(stopped.code, 0, stopped.stderr);
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom === worker);
  open(test);
  await test.reaches(id, "completed");
  assert.equal(await test.output(id), "done\n");
});

Deno.test("worker stop --leave does not go with --timeout", async () => {
  using test = await testStore();
  const { code, stderr } = await queuectl(["worker", "stop", "--leave", "--timeout", "3"], {
    home: test.home,
  });
  assert.equal(code, 2);
  assert.equal(stderr, "Cannot use --leave with --timeout: jobs that are left are not ended\n");
});

Deno.test("a worker that was stopped past its lease loses its jobs to another; they run on, and its results are refused", async () => {
  using test = await testStore();
  await test.set({ lease: "1" });
  const id = await test.enqueue(`echo up; ${GATE}echo $QUEUECTL_ATTEMPT >>ran`, { maxRetries: 3 });
  await using sleeper = await startWorker(test.home);
  await until("it is up", async () => await test.output(id) === "up\n");
  await putToSleep(sleeper, test);
  await using _other = await startWorker(test.home);
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom);
  open(test);
  const job = await test.reaches(id, "completed");
  sleeper.signal("SIGCONT");
  await until("it noticed", () => sleeper.printed().includes("others have taken over its jobs"));
  assert.equal(Deno.readTextFileSync(test.dir.file("ran")), "1\n");
  assert.deepEqual(await test.store.get(id), job, "its late result changed nothing");
  await until("it is back", async () => (await test.store.workers()).length === 2);
  await test.reaches(await test.enqueue("true"), "completed");
});

Deno.test("a worker that was stopped past its lease goes on when nobody has taken over", async () => {
  using test = await testStore();
  await test.set({ lease: "1" });
  const id = await test.enqueue(`echo up; ${GATE}echo $QUEUECTL_ATTEMPT >>ran`);
  await using sleeper = await startWorker(test.home);
  await until("it is up", async () => await test.output(id) === "up\n");
  await putToSleep(sleeper, test);
  const { leaseUntil } = (await test.store.supervisors())[0]!;
  await until("its lease has ended", () => Date.now() > leaseUntil + 500);
  sleeper.signal("SIGCONT");
  open(test);
  await test.reaches(id, "completed");
  assert.equal(Deno.readTextFileSync(test.dir.file("ran")), "1\n");
  assert.doesNotMatch(sleeper.printed(), /taken over|refused/);
});

Deno.test("a worker on a restored backup lets the jobs of the home it came from alone", async () => {
  using test = await testStore();
  using copy = tempDir();
  await test.set({ lease: "1", backoff_base: "0" });
  const id = await test.enqueue(UP + GATE + "echo $QUEUECTL_ATTEMPT >>ran", { maxRetries: 1 });
  await using _worker = await startWorker(test.home);
  const token = await tokenOf(test);
  Deno.mkdirSync(copy.home.dir);
  await test.store.care.backup!(copy.home.database);
  await using other = await startWorker(copy.home.dir);
  await until("it has judged them", () => other.printed().includes("lost: its spool was gone"));
  assert.notDeepEqual(await signalTree({ token, root: null }, "0", true), []);
  open(test);
  assert.equal((await test.reaches(id, "completed")).attempts, 1);
});

Deno.test("jobs whose spool was removed are not started again while they run", async () => {
  using test = await testStore();
  await test.set({ lease: "1", backoff_base: "0" });
  const { id, token } = await orphan(test, GATE + "echo >>ran", { maxRetries: 1 });
  Deno.removeSync(`${test.home}/spool`, { recursive: true });
  await using _next = await startWorker(test.home);
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom);
  await test.reaches(await test.enqueue("true"), "pending", "processing");
  assert.notDeepEqual(await signalTree({ token, root: null }, "0", true), []);
  open(test);
  await test.reaches(id, "completed");
  const attempts = await test.store.attempts(id);
  assert.equal(attempts[0]!.error, "lost: its spool was gone");
  assert.ok(attempts[1]!.startedAt >= attempts[0]!.finishedAt!, "one after the other");
});

Deno.test("what an adopted command prints is kept small again, and its place in the whole is told", async () => {
  using test = await testStore();
  await test.set({ output_limit: "1000" });
  const prints =
    "x=$(head -c 100000 /dev/zero | tr '\\0' x); until [ -e go ]; do echo \"$x\"; sleep 0.02; done; ";
  const { id, token } = await orphan(test, prints + "echo last");
  const spool = test.dir.home.spool;
  const files = () =>
    [...Deno.readDirSync(spool)].filter(({ isDirectory }) => isDirectory).flatMap(({ name }) =>
      Array.from(Deno.readDirSync(`${spool}/${name}`), (file) => `${spool}/${name}/${file.name}`)
    ).filter((path) => path.includes(token));
  const allocated = () => Deno.statSync(files().find((path) => path.endsWith(".out"))!).blocks! * 512;
  await until("nobody keeps it small", () => allocated() > 3 * 1024 * 1024);
  await using _next = await startWorker(test.home);
  await until("somebody does", () => allocated() < 1024 * 1024);
  open(test);
  await test.reaches(id, "completed");
  const pieces = await test.store.output(id, 1);
  const last = pieces.at(-1)!;
  assert.equal(new TextDecoder().decode(last.bytes).slice(-6), "\nlast\n");
  assert.equal((last.start + last.bytes.length - "last\n".length) % 100_001, 0);
  assert.ok(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0) <= 1000);
  await until("its spool is gone", () => files().length === 0);
});
