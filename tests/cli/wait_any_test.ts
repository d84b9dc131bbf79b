/**
 * @module
 * `queuectl wait --any`, as real processes.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { DEAD, handWorker } from "../helpers/hand_worker.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("wait --any ends with the first job that does, and says which", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  for (const _ of [1, 2, 3]) await test.enqueue("true");
  const waiting = queuectl(["wait", "--any", "j3", "j2", "j1"], { home: test.home });
  await worker.claim();
  await (await worker.claim()).end();
  const { code, stdout } = await waiting;
  assert.deepEqual([code, stdout], [0, "j2 completed\n"]);
});

Deno.test("the exit code of wait --any is that of the first", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  for (const _ of [1, 2]) await test.enqueue("true");
  await (await worker.claim()).end(DEAD);
  const first = await queuectl(["wait", "j2", "j1", "--any", "--json"], { home: test.home });
  assert.deepEqual([first.code, JSON.parse(first.stdout)], [1, { jobs: [{ id: "j1", state: "dead" }] }]);
});

Deno.test("wait --any gives up after its timeout, and is refused without ids or for ids that are none", async () => {
  using test = await testStore();
  for (const _ of [1, 2]) await test.enqueue("true");
  const said = async (...words: string[]) => {
    const { code, stderr } = await queuectl(["wait", "--quiet", "--any", ...words], { home: test.home });
    return [code, stderr];
  };
  assert.deepEqual(await said("j1", "j2", "--timeout", "0.1"), [
    1,
    "Cannot wait any longer: 2 jobs not ended after 100ms\n",
  ]);
  assert.deepEqual(await said("j1", "j9"), [1, 'Cannot wait for job "j9": no such job\n']);
  assert.deepEqual(await said("--all"), [2, "Cannot wait for any job: --any goes with ids\n"]);
  assert.equal((await said())[0], 2);
});
