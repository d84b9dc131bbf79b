/**
 * @module
 * queuectl within a job of its own: workers that a job starts in the background are no part of it, and neither are the
 * shells that look after others.
 */
import assert from "node:assert/strict";
import { quoteWords } from "../../src/system/shell_words.ts";
import { apart } from "../helpers/apart.ts";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

Deno.test("a worker that a job started outlives the job that is ended, and its jobs have nothing of that one", async () => {
  using test = await testStore();
  await using _outer = await startWorker(test.home, ["--queue", "outer"]);
  const start = [Deno.execPath(), ...RUN_FLAGS, MAIN, "worker", "start", "--detach", "--queue", "inner"];
  const command = `echo "$QUEUECTL_RUN"; ${quoteWords(start)}; echo over; sleep 600`;
  const outer = await test.enqueue(command, { queue: "outer" });
  try {
    await until("the inner worker is there", async () => /over\n$/.test(await test.output(outer)));
    const [token] = (await test.output(outer)).split("\n");
    assert.match(token!, /\S{8}/);
    const before = (await test.store.workers()).find(({ queues }) => queues?.includes("inner"));
    assert.ok(before, await test.output(outer));

    assert.equal((await queuectl(["cancel", outer], { home: test.home })).code, 0);
    await test.reaches(outer, "cancelled");
    const inner = await test.enqueue("echo $QUEUECTL_JOB_ID $QUEUECTL_QUEUE; env", { queue: "inner" });
    const { worker } = await test.reaches(inner, "completed");
    assert.equal(worker, before.id, "the same worker runs on");
    const said = await test.output(inner);
    assert.equal(said.split("\n")[0], `${inner} inner`);
    assert.ok(!said.includes(token!), "its jobs have no token of the job that started it");
    const environment = Deno.readTextFileSync(`/proc/${before.pid}/environ`);
    assert.ok(!environment.includes(token!), "nor has it");
  } finally {
    await queuectl(["worker", "stop", "--wait", "--timeout", "0"], { home: test.home });
  }
});

Deno.test("the shells that queuectl asks things of are no part of the job that it runs in", async () => {
  const asked = await apart("within_job", { args: [crypto.randomUUID()] });
  assert.deepEqual(asked, { printed: "in \n", found: [] }, "who looks does not find itself");
});
