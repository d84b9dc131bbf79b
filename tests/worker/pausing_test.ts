/**
 * @module
 * Running jobs that stand still: real workers, real processes.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { signalTree } from "../../src/worker/process/posix/tree.ts";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { succeeds } from "../helpers/finished.ts";
import { until } from "../helpers/until.ts";
import { startWorker, type TestStore, testStore } from "../helpers/worker.ts";

/** Adds a line to `ticks` again and again. */
const TICKS = "while :; do echo >>ticks; sleep 0.02; done";
const TOKEN = "echo $QUEUECTL_RUN >token; ";

async function tokenOf(test: TestStore): Promise<string> {
  return await until("its token is written", () => {
    try {
      return Deno.readTextFileSync(test.dir.file("token")).trim();
    } catch {
      return "";
    }
  });
}

function ticks(test: TestStore): number {
  try {
    return Deno.statSync(test.dir.file("ticks")).size;
  } catch {
    return 0; // not yet
  }
}

async function ticksOn(test: TestStore): Promise<void> {
  const before = ticks(test);
  await until("it ticks on", () => ticks(test) > before + 2);
}

/** All of its processes but those that wait for others are stopped, and stay so. */
async function standsStill(test: TestStore, token: string): Promise<void> {
  const states = async () =>
    (await signalTree({ token, root: null }, "0", true)).map(({ still, pid }) => ({ still, pid }));
  assert.ok((await states()).filter(({ still }) => !still).length <= 1, "none but the witness");
  const before = ticks(test);
  await new Promise((resolve) => setTimeout(resolve, 300)); // longer than it ever pauses between two
  assert.equal(ticks(test), before);
}

async function paused(test: TestStore, id: string): Promise<void> {
  const done = await queuectl(["pause", id], { home: test.home });
  assert.deepEqual([done.code, done.stderr], [0, ""]);
  assert.equal(done.stdout, "Told the worker to pause 1 job\n");
  await isPaused(test, id);
}

async function isPaused(test: TestStore, id: string): Promise<void> {
  await until("it is paused", async () => (await test.store.attempts(id)).at(-1)!.unstopped !== null);
}

async function resumed(test: TestStore, id: string): Promise<void> {
  const done = await queuectl(["resume", id], { home: test.home });
  assert.deepEqual([done.code, done.stderr], [0, ""]);
}

Deno.test("a job that is paused stands still with all its processes, says so everywhere, and goes on", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home);
  const id = await test.enqueue(
    `${TOKEN}(${TICKS}) & setsid sh -c '${TICKS}' & until [ -e go ]; do sleep 0.1; done; kill $!`,
  );
  const token = await tokenOf(test);
  await ticksOn(test);
  await paused(test, id);
  await standsStill(test, token);
  const job = (await test.store.get(id))!;
  assert.equal(job.state, "processing");
  assert.ok(job.pausedAt! <= Date.now());
  const since = new Date(job.pausedAt!).toISOString();
  const shown = since.slice(0, 19).replace("T", " ");
  const says = async (...args: string[]) => (await queuectl(args, { home: test.home })).stdout;
  assert.match(await says("list"), / processing, paused /);
  assert.match(
    await says("show", id, "--utc"),
    new RegExp(`^State +processing, paused\n(.*\n)*Paused +since ${shown} UTC `, "m"),
  );
  assert.match(await says("status"), /, paused for /);
  assert.match(await says("worker", "list"), new RegExp(`${id} \\(paused\\)`));
  assert.equal(JSON.parse(await says("show", id, "--json")).paused_since, since);
  assert.match(worker.printed(), new RegExp(`${id} is paused\n`));

  await resumed(test, id);
  await ticksOn(test);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(id, "completed");
  const [attempt] = await test.store.attempts(id);
  assert.ok(attempt!.pausedMs > 0);
  assert.equal((await test.store.get(id))!.pausedAt, null);
  await signalTree({ token, root: null }, "KILL", true);
});

Deno.test("a job that forks all the time is stopped to the last process", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue(
    `${TOKEN}fork() { while :; do (echo >>ticks) & sh -c 'echo >>ticks'; done; }; fork & fork & fork`,
  );
  const token = await tokenOf(test);
  await ticksOn(test);
  await paused(test, id);
  await standsStill(test, token);
  await queuectl(["cancel", id], { home: test.home });
  await test.reaches(id, "cancelled");
});

Deno.test("the timeout of a paused job stands still", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue(`${TOKEN}${TICKS}`, { timeoutMs: 5000 });
  await tokenOf(test);
  await test.store.pause([id], { now: Date.now(), running: true });
  await isPaused(test, id);
  const { startedAt } = (await test.store.get(id))!;
  await until("its timeout would be over", () => Date.now() > startedAt! + 5500);
  assert.equal((await test.store.get(id))!.state, "processing");
  await resumed(test, id);
  const job = await test.reaches(id, "dead");
  assert.equal(job.error, "timed out after 5s");
  const [attempt] = await test.store.attempts(id);
  assert.ok(attempt!.finishedAt! - attempt!.startedAt - attempt!.pausedMs >= 4990);
});

for (
  const [how, signal] of [["that acts on SIGTERM", "SIGTERM"], ["that ignores SIGTERM", "SIGKILL"]] as const
) {
  Deno.test(`a paused job ${how} is ended by cancel`, async () => {
    using test = await testStore();
    if (signal === "SIGKILL") await test.set({ kill_grace: "0.3" });
    await using _worker = await startWorker(test.home);
    const id = await test.enqueue(
      `${signal === "SIGKILL" ? "trap '' TERM; " : "trap 'echo bye; exit 3' TERM; "}${TOKEN}${TICKS}`,
    );
    const token = await tokenOf(test);
    await ticksOn(test);
    await paused(test, id);
    await queuectl(["cancel", id], { home: test.home });
    const job = await test.reaches(id, "cancelled");
    assert.equal(job.pausedAt, null);
    if (signal === "SIGTERM") assert.match(await test.output(id), /^bye\n/, "it was woken to act on it");
    assert.deepEqual(await signalTree({ token, root: null }, "0", true), []);
  });
}

Deno.test("a paused job that others kill has ended, and waits held for its next attempt", async () => {
  using test = await testStore();
  await test.set({ backoff_base: "0" });
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue(`${TOKEN}${TICKS}`, { maxRetries: 1 });
  const token = await tokenOf(test);
  await ticksOn(test);
  await paused(test, id);
  for (const { pid, still } of await signalTree({ token, root: null }, "0", true)) {
    if (still) Deno.kill(pid, "SIGKILL");
  }
  const job = await test.reaches(id, "failed", "pending");
  assert.deepEqual([job.held, job.signal, job.pausedAt], [true, "SIGKILL", null]);
  await resumed(test, id);
  await until("it runs again", async () => (await test.store.get(id))!.lastAttempt === 2);
  await queuectl(["cancel", id], { home: test.home });
  await test.reaches(id, "cancelled");
});

Deno.test("a job that is paused when its worker is killed is paused for the next one, with the time that was left", async () => {
  using test = await testStore();
  const id = await test.enqueue(`${TOKEN}${TICKS}`, { timeoutMs: 5000 });
  {
    await using worker = await startWorker(test.home);
    await tokenOf(test);
    await test.store.pause([id], { now: Date.now(), running: true });
    await isPaused(test, id);
    worker.signal("SIGKILL");
    await worker.ended;
  }
  const token = await tokenOf(test);
  const { startedAt } = (await test.store.get(id))!;
  await standsStill(test, token);
  await until("its timeout would be over", () => Date.now() > startedAt! + 5500);
  await using _next = await startWorker(test.home);
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom);
  await standsStill(test, token);
  assert.equal((await test.store.get(id))!.state, "processing");
  await resumed(test, id);
  await ticksOn(test);
  const job = await test.reaches(id, "dead");
  assert.equal(job.error, "timed out after 5s");
});

Deno.test("a paused job outlives a worker that leaves it; resumed meanwhile without a worker, it goes on at once", async () => {
  using test = await testStore();
  const id = await test.enqueue(`${TOKEN}${TICKS}`);
  {
    await using worker = await startWorker(test.home);
    await tokenOf(test);
    await ticksOn(test);
    await paused(test, id);
    await queuectl(["worker", "stop", "--leave"], { home: test.home });
    assert.equal(await worker.ended, 0);
  }
  const token = await tokenOf(test);
  await standsStill(test, token);
  const done = await queuectl(["resume", id], { home: test.home });
  assert.equal(done.stdout, "Resumed 1 job that no worker watches\n");
  await ticksOn(test);
  const again = await queuectl(["pause", id, "--json"], { home: test.home });
  assert.deepEqual(JSON.parse(again.stdout), {
    held: 0,
    requested: 1,
    without_worker: { done: true, unstopped: 0 },
  });
  await standsStill(test, token);
  await using _next = await startWorker(test.home);
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom);
  await standsStill(test, token);
  await resumed(test, id);
  await ticksOn(test);
  await queuectl(["cancel", id], { home: test.home });
  await test.reaches(id, "cancelled");
});

Deno.test("a worker told to stop waits for a paused job; with --timeout it ends it, and the job stays held", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home);
  const id = await test.enqueue(`${TOKEN}${TICKS}`);
  await tokenOf(test);
  await ticksOn(test);
  await paused(test, id);
  await queuectl(["worker", "stop"], { home: test.home });
  await until("it is stopping", async () => (await test.store.workers())[0]?.stopping);
  assert.equal((await test.store.get(id))!.state, "processing");
  await queuectl(["worker", "stop", "--timeout", "0.1"], { home: test.home });
  assert.equal(await worker.ended, 0);
  const job = (await test.store.get(id))!;
  assert.deepEqual([job.state, job.held, job.pausedAt], ["pending", true, null]);
});

Deno.test("a brief job in a slot's shell is paused without the shell, and without other jobs", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home, ["--slots", "2"]);
  for (let n = 0; n < 20; n++) await test.enqueue("true"); // so that jobs are taken for brief
  await test.reaches("j20", "completed");
  // Its own shell runs the loop, and prints elsewhere: nothing but its place in the tree tells it.
  const id = await test.enqueue("while :; do echo; read x <slow; done >>ticks");
  await ticksOn(test);
  const other = await test.enqueue("until [ -e go ]; do sleep 0.1; done");
  await paused(test, id);
  const before = ticks(test);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(ticks(test), before);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(other, "completed");
  for (let n = 0; n < 5; n++) await test.reaches(await test.enqueue("true"), "completed");
  await resumed(test, id);
  await ticksOn(test);
  await queuectl(["cancel", id], { home: test.home });
  await test.reaches(id, "cancelled");
});

Deno.test("pause holds a job that waits, and resume releases it", async () => {
  using test = await testStore();
  const id = await test.enqueue("true");
  assert.equal(
    (await queuectl(["pause", id], { home: test.home })).stdout,
    "Held 1 job that had not started\n",
  );
  assert.equal((await test.store.get(id))!.held, true);
  assert.equal((await queuectl(["resume", id], { home: test.home })).stdout, "Released 1 job\n");
  assert.equal((await test.store.get(id))!.held, false);
  await queuectl(["cancel", id], { home: test.home });
  const refused = await queuectl(["pause", id], { home: test.home });
  assert.deepEqual([refused.code, refused.stderr], [1, `Cannot pause job "${id}": it is cancelled\n`]);
});

/** As root, but for what lets root signal other users' processes. */
const WEAKER = ["--bounding-set=-kill", "--inh-caps=-kill"];

Deno.test({
  name: "a child of another user that cannot be paused is told of (takes root and setpriv)",
  ignore: !succeeds("setpriv", ...WEAKER, "setpriv", "--reuid=65534", "--clear-groups", "true"),
  async fn() {
    using test = await testStore();
    await test.set({ kill_grace: "0.2" });
    const id = await test.enqueue("setpriv --reuid=65534 --clear-groups sleep 300 & echo $! >child; wait");
    const worker = new Deno.Command("setpriv", {
      args: [...WEAKER, Deno.execPath(), ...RUN_FLAGS, "--no-check", MAIN, "worker", "start", "--burst"],
      env: { QUEUECTL_HOME: test.home, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = worker.output();
    const child = await until("the child is there", () => {
      try {
        const pid = Deno.readTextFileSync(test.dir.file("child")).trim();
        return Deno.readTextFileSync(`/proc/${pid}/cmdline`).startsWith("sleep") ? Number(pid) : undefined;
      } catch {
        return undefined;
      }
    });
    await paused(test, id);
    assert.equal((await test.store.attempts(id))[0]!.unstopped, 1);
    const { stdout } = await queuectl(["show", id], { home: test.home });
    assert.match(stdout, /^Paused .*, but 1 of its processes could not be stopped$/m);
    await queuectl(["cancel", id], { home: test.home });
    const { error } = await test.reaches(id, "cancelled");
    Deno.kill(child, "SIGKILL");
    assert.equal(error, "cancelled; 1 of its processes could not be ended");
    const { stdout: said, stderr: complained } = await output;
    const text = new TextDecoder();
    assert.match(
      text.decode(said) + text.decode(complained),
      /is paused; 1 of its processes, of another user, could not be stopped/,
    );
  },
});
