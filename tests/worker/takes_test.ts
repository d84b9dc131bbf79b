/**
 * @module
 * What jobs take, with real workers: slots, things of the host, and limits, also when a worker is killed. Slow.
 */
import assert from "node:assert/strict";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { newAddress, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { startWorker, type TestStore, testStore, type WorkerProcess } from "../helpers/worker.ts";

/** Fails where another one of these runs at the same time. */
const ALONE = "mkdir alone && sleep 0.05 && rmdir alone";

async function burst(test: TestStore, ...flags: string[]): Promise<void> {
  const { code, stderr } = await queuectl(["worker", "start", "--burst", ...flags], { home: test.home });
  assert.deepEqual([code, stderr], [0, ""]);
}

Deno.test("jobs that take more than half of a worker's slots run one at a time", async () => {
  using test = await testStore();
  const cwd = test.dir.path;
  const ids: string[] = [];
  for (const slots of [3, 3, 4, 3, 4]) ids.push(await test.enqueue(ALONE, { slots, cwd, maxRetries: 0 }));
  await burst(test, "--slots", "4");
  assert.deepEqual(await test.store.states(ids), ids.map(() => "completed"));
});

Deno.test("each job that takes a thing has a unit of its own, and finds its number", async () => {
  using test = await testStore();
  const cwd = test.dir.path;
  const command =
    "mkdir unit-$QUEUECTL_GPU && sleep 0.05 && rmdir unit-$QUEUECTL_GPU && echo $CUDA_VISIBLE_DEVICES";
  const ids: string[] = [];
  for (let n = 0; n < 6; n++) ids.push(await test.enqueue(command, { takes: "gpu=1", cwd, maxRetries: 0 }));
  await burst(test, "--slots", "4", "--has", "gpu=2");
  assert.deepEqual(await test.store.states(ids), ids.map(() => "completed"));
  const printed = new Set<string>();
  for (const id of ids) {
    for (const { bytes } of await test.store.output(id, 1)) printed.add(new TextDecoder().decode(bytes));
  }
  assert.deepEqual([...printed].sort(), ["0\n", "1\n"]);
});

const KILLED = "what a killed worker's job takes is taken until that job has ended, and its start counts on";

Deno.test(KILLED, async () => {
  using test = await testStore();
  await killed(test, startWorker);
});

const server = await postgresServer();

testWith(server, `PostgreSQL: ${KILLED}`, async () => {
  const address = newAddress(server);
  using test = await testStore(tempDir(), async (home) => {
    const { code, stderr } = await queuectl(["store", "use", address], { home: home.dir });
    assert.equal(code, 0, stderr);
    return await openPostgresStore(address, home, {});
  });
  await killed(test, (home, args) => startWorker(home, args, {}, undefined, ["--allow-net"]));
});

async function killed(
  test: TestStore,
  start: (home: string, args: readonly string[]) => Promise<WorkerProcess>,
): Promise<void> {
  const { store } = test;
  await store.setLimit("api", { atOnce: 1 });
  await store.setLimit("calls", { rate: { count: 2, perMs: 3_600_000, smooth: false } });
  const takes = "api=1,calls=1,gpu=1";
  const first = await test.enqueue("sleep 300", { takes, priority: -1 });
  const [second, third] = [await test.enqueue("true", { takes }), await test.enqueue("true", { takes })];
  const used = async () => {
    const [api, calls] = await store.limits(Date.now());
    return [api!.used, calls!.started];
  };
  {
    await using worker = await start(test.home, ["--has", "gpu"]);
    await test.reaches(first, "processing");
    worker.signal("SIGKILL");
    await worker.ended;
  }
  assert.deepEqual(await used(), [1, 1]);
  await using _next = await start(test.home, ["--has", "gpu", "--slots", "3"]);
  await until("it is adopted", async () => {
    const workers = await store.workers();
    return workers.length === 1 && workers[0]!.running.includes(first);
  });
  const after = await test.enqueue("true");
  await test.reaches(after, "completed");
  assert.deepEqual([await store.states([second]), await used()], [["pending"], [1, 1]]);
  await queuectl(["cancel", first], { home: test.home });
  await test.reaches(second, "completed");
  assert.deepEqual([await store.states([first, third]), await used()], [["cancelled", "pending"], [0, 2]]);
  const [missing] = await store.shortages(third, Date.now());
  assert.equal(missing?.name, "calls");
  assert.deepEqual(await store.recount(), []);
}
