/**
 * @module
 * queuectl within a job of its own: workers that a job starts in the background are no part of it, and neither are the
 * shells that look after others.
 */
import assert from "node:assert/strict";
import { runShell } from "../src/worker/process/posix/shell.ts";
import { signalTree } from "../src/worker/process/posix/tree.ts";
import { MAIN, queuectl, RUN_FLAGS } from "./helpers/cli.ts";
import { until } from "./helpers/until.ts";
import { startWorker, testStore } from "./helpers/worker.ts";

Deno.test("workers that a job starts in the background outlive its end, and their jobs are not its own", async () => {
  using test = await testStore();
  const program = [Deno.execPath(), ...RUN_FLAGS, MAIN].join(" ");
  const id = await test.enqueue(
    `echo $QUEUECTL_RUN >token; ${program} worker start --detach --queue inner && echo started; sleep 300`,
  );
  await using _inner = {
    async [Symbol.asyncDispose]() {
      await queuectl(["worker", "stop", "--wait", "--timeout", "0"], { home: test.home });
    },
  };
  await using _outer = await startWorker(test.home, ["--queue", "default"]);
  await until("it has started them", async () => (await test.output(id)).includes("started\n"));
  assert.equal((await test.store.workers()).length, 2);
  assert.equal((await queuectl(["cancel", id], { home: test.home })).code, 0);
  await test.reaches(id, "cancelled");
  const token = Deno.readTextFileSync(test.dir.file("token")).trim();
  assert.deepEqual(await signalTree({ token, root: null }, "0", true), [], "nothing is left of the job");

  const inner = await test.enqueue('echo "$QUEUECTL_RUN"', { queue: "inner" });
  await test.reaches(inner, "completed");
  const own = (await test.output(inner)).trim();
  assert.ok(own !== "" && own !== token);
});

Deno.test("the shells that queuectl asks things of are no part of the job that it runs in", async () => {
  const before = Deno.env.get("QUEUECTL_RUN");
  const token = crypto.randomUUID();
  Deno.env.set("QUEUECTL_RUN", token);
  try {
    assert.equal(await runShell('echo "in $QUEUECTL_RUN"', []), "in \n");
    assert.deepEqual(
      await signalTree({ token, root: null }, "0", true),
      [],
      "who looks does not find itself",
    );
  } finally {
    if (before === undefined) Deno.env.delete("QUEUECTL_RUN");
    else Deno.env.set("QUEUECTL_RUN", before);
  }
});
