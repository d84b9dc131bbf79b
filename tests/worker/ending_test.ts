/**
 * @module
 * How workers end, and what becomes of their jobs: stopped by a command, by a signal, or by the loss of their home.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { signalTree } from "../../src/worker/process/posix/tree.ts";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

Deno.test("worker stop lets a running job finish and takes no other", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home);
  const running = await test.enqueue("until [ -e go ]; do sleep 0.1; done");
  const waiting = await test.enqueue("true");
  await test.reaches(running, "processing");
  const told = await queuectl(["worker", "stop"], { home: test.home });
  assert.match(told.stdout, /^Told to stop: worker-\w{6}\n$/);
  await until("it is stopping", async () => (await test.store.workers())[0]?.stopping);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  assert.equal(await worker.ended, 0);
  assert.equal((await test.store.get(running))!.state, "completed");
  assert.equal((await test.store.get(waiting))!.state, "pending");
  assert.deepEqual(await test.store.workers(), []);
});

Deno.test("worker stop --wait --timeout ends what still runs and puts it back uncounted", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home);
  const id = await test.enqueue("sleep 300");
  await test.reaches(id, "processing");
  const stopped = await queuectl(["worker", "stop", "--wait", "--timeout", "0.2"], { home: test.home });
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.equal(await worker.ended, 0);
  const job = (await test.store.get(id))!;
  assert.deepEqual([job.state, job.attempts], ["pending", 0]);
  assert.equal((await test.store.attempts(id))[0]!.outcome, "released");
});

Deno.test("worker stop --id stops one worker of several", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home, ["--count", "2"]);
  const [one, other] = (await test.store.workers()).map(({ id }) => id);
  const stopped = await queuectl(["worker", "stop", "--wait", "--id", one!], { home: test.home });
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.deepEqual((await test.store.workers()).map(({ id }) => id), [other]);
  await test.reaches(await test.enqueue("true"), "completed");
  worker.signal("SIGTERM");
  assert.equal(await worker.ended, 0);
});

Deno.test("the first signal waits for the running job, the second puts it back uncounted", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home);
  const id = await test.enqueue("sleep 300 & sleep 300");
  await test.reaches(id, "processing");
  worker.signal("SIGINT");
  await until("it says so", () => worker.printed().includes("stopping after the running job"));
  assert.equal((await test.store.get(id))!.state, "processing");
  worker.signal("SIGTERM"); // the same one so soon would be the same wish
  assert.equal(await worker.ended, 0);
  const job = (await test.store.get(id))!;
  assert.deepEqual([job.state, job.attempts], ["pending", 0]);
});

Deno.test("Ctrl-C in a terminal reaches the worker, not its jobs", async () => {
  using test = await testStore();
  const id = await test.enqueue(
    "trap 'echo interrupted' INT; echo begun; until [ -e go ]; do sleep 0.1; done; echo done",
  );
  const command = [Deno.execPath(), ...RUN_FLAGS, MAIN, "worker", "start"].map((word) => `'${word}'`).join(
    " ",
  );
  const child = new Deno.Command("script", {
    args: ["-qefc", `exec ${command}`, "/dev/null"],
    env: { QUEUECTL_HOME: test.home, SHELL: "/bin/sh" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let printed = "";
  const drained = (async () => {
    for await (const bytes of child.stdout) printed += new TextDecoder().decode(bytes);
  })();
  const keyboard = child.stdin.getWriter();
  await until("the job has begun", async () => await test.output(id) === "begun\n");
  await keyboard.write(new Uint8Array([3]));
  await until("the worker heard it", () => printed.includes("stopping after the running job"));
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(id, "completed");
  await drained;
  await keyboard.close().catch(() => {});
  assert.equal((await child.status).code, 0);
  assert.equal(await test.output(id), "begun\ndone\n");
});

Deno.test("nothing of a job outlives a worker that was told to stop at once", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home, ["--slots", "4"]);
  const ids = [];
  for (let i = 0; i < 4; i++) ids.push(await test.enqueue("setsid sleep 300 & (sleep 300 &); sleep 300"));
  for (const id of ids) await test.reaches(id, "processing");
  worker.signal("SIGTERM");
  worker.signal("SIGINT");
  assert.equal(await worker.ended, 0);
  for (const id of ids) assert.equal((await test.store.get(id))!.state, "pending");
  const left = await new Deno.Command("sh", {
    args: ["-c", `grep -ls "QUEUECTL_HOME=${test.home}" /proc/[0-9]*/environ | wc -l`],
    env: { QUEUECTL_HOME: "" },
  }).output();
  assert.equal(new TextDecoder().decode(left.stdout).trim(), "0");
  assert.deepEqual(await signalTree({ token: "no-such-run", root: null }, "0", true), []);
});

Deno.test("a worker whose home is deleted says so and ends; what it ran goes on, and nothing of the home comes back", async () => {
  using test = await testStore();
  const id = await test.enqueue("echo up; until [ -e go ]; do sleep 0.1; done; echo >ran");
  await test.set({ poll_interval: "0.1", lease: "1" });
  await using worker = await startWorker(test.home);
  await until("it is up", async () => await test.output(id) === "up\n");
  Deno.removeSync(test.home, { recursive: true });
  assert.equal(await worker.ended, 3);
  assert.match(
    worker.printed(),
    /The home ".*" is gone: it was deleted or replaced while queuectl was using it/,
  );
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await until("the job has ended", () => {
    try {
      return Deno.statSync(test.dir.file("ran")).isFile;
    } catch {
      return false;
    }
  });
  assert.throws(() => Deno.statSync(test.home), Deno.errors.NotFound);
  const { code } = await queuectl(["enqueue", "true"], { home: test.home });
  assert.equal(code, 0, "another one begins");
});
