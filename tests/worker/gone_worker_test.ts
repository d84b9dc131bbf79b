/**
 * @module
 * A worker that was killed, before another one takes over: everybody says at once that it is gone.
 */
import assert from "node:assert/strict";
import { signalTree } from "../../src/worker/process/posix/tree.ts";
import { MAIN } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { ApiClient, startDashboard } from "../helpers/dashboard.ts";
import { until } from "../helpers/until.ts";
import { startWorker, type TestStore, testStore } from "../helpers/worker.ts";

/** Starts a worker, lets it begin a job that goes on for long, and kills it. Returns the job's id and token. */
async function orphan(test: TestStore): Promise<{ id: string; token: string }> {
  const id = await test.enqueue("echo $QUEUECTL_RUN >token; sleep 300");
  await using worker = await startWorker(test.home);
  const token = await until("it has begun", () => {
    try {
      return Deno.readTextFileSync(test.dir.file("token")).trim();
    } catch {
      return undefined;
    }
  });
  worker.signal("SIGKILL");
  await worker.ended;
  return { id, token };
}

async function printed(test: TestStore, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await queuectl(args, { home: test.home });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout;
}

Deno.test("a killed worker is gone at once for whoever asks, and cancel ends what nobody watches", async () => {
  using test = await testStore();
  const { id, token } = await orphan(test);
  const [status, list, show] = await Promise.all([
    printed(test, "status", "--json"),
    printed(test, "worker", "list", "--json"),
    printed(test, "show", id),
  ]);
  assert.deepEqual(JSON.parse(status).workers.map(({ state }: { state: string }) => state), ["gone"]);
  assert.deepEqual(JSON.parse(list).map(({ state }: { state: string }) => state), ["gone"]);
  assert.match(show, /^Runs +without a worker/m);

  assert.equal(
    await printed(test, "cancel", id),
    "Ended the processes of 1 job that no worker watched: the next worker that starts notes it\n",
  );
  assert.deepEqual(await signalTree({ token, root: null }, "0", true), []);
  await using _next = await startWorker(test.home, ["--burst"]);
  assert.equal((await test.reaches(id, "cancelled", "completed", "dead", "failed")).state, "cancelled");
});

Deno.test("without permission to run programs, cancel says who will end what no worker watches", async () => {
  using test = await testStore();
  const { id } = await orphan(test);
  const program = ["run", "--no-prompt", "--no-check", "--allow-read", "--allow-write", "--allow-env", MAIN];
  const { stdout } = await queuectl(["cancel", id], { home: test.home, program });
  assert.equal(stdout, "No worker is there to end 1 job: the next one does when it starts\n");
  await using _next = await startWorker(test.home, ["--burst"]);
  assert.equal((await test.reaches(id, "cancelled", "completed", "dead", "failed")).state, "cancelled");
});

Deno.test("a dashboard that may run programs ends what no worker watches as cancel does, and refuses a shell that is none", async () => {
  using test = await testStore();
  const { id, token } = await orphan(test);
  const permissions = ["--allow-run", "--allow-env", "--allow-read", "--allow-sys"];
  await using server = await startDashboard(test.home, [], [], permissions);
  const api = await ApiClient.of(server);
  const cancelled = await api.send("POST", `/jobs/${id}/cancel`);
  assert.deepEqual(cancelled.json, { done: 1, passed_over: 0, without_worker: { ended: true, left: 0 } });
  assert.deepEqual(await signalTree({ token, root: null }, "0", true), []);
  for (
    const [shell, why] of [["no-such-shell", "there is no such program"], [
      "cat",
      "it does not run a command as SHELL -c COMMAND",
    ]]
  ) {
    const { status, json } = await api.send("PATCH", "/settings", { body: { max_retries: 9, shell } });
    assert.deepEqual([status, json.detail], [400, `Cannot set shell to "${shell}": ${why}`]);
  }
  assert.equal((await test.store.settings()).size, 0);
  assert.equal((await api.send("PATCH", "/settings", { body: { shell: "bash" } })).status, 200);
  await test.store.changeSettings(new Map([["shell", null]]));
  await using _next = await startWorker(test.home, ["--burst"]);
  assert.equal((await test.reaches(id, "cancelled", "completed", "dead", "failed")).state, "cancelled");
});

Deno.test("a dashboard that may run nothing says that the next worker will end what none watches", async () => {
  using test = await testStore();
  const { id } = await orphan(test);
  await using server = await startDashboard(test.home);
  const cancelled = await (await ApiClient.of(server)).send("POST", "/bulk/cancel", { body: { filter: {} } });
  assert.deepEqual(cancelled.json, { done: 1, passed_over: 0, without_worker: { ended: false, left: 0 } });
  await using _next = await startWorker(test.home, ["--burst"]);
  assert.equal((await test.reaches(id, "cancelled", "completed", "dead", "failed")).state, "cancelled");
});
