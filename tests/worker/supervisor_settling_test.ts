/**
 * @module
 * What a supervisor hands in: nothing of it is lost when the store refuses, and nothing stays in the spool after it.
 */
import assert from "node:assert/strict";
import { StoreUnusable } from "../../src/domain/errors.ts";
import type { Exchange, Store } from "../../src/store/contract.ts";
import { runningSupervisor, startSupervisor, storeWith } from "../helpers/supervisor.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

/** The same store, which refuses the first exchange of a kind. */
function refusingOnce(
  store: Store,
  which: (wanted: Exchange) => boolean,
): { store: Store; refused(): number } {
  let refused = 0;
  const exchange: Store["exchange"] = async (wanted) => {
    if (refused > 0 || !which(wanted)) return await store.exchange(wanted);
    refused += 1;
    throw new StoreUnusable("Cannot write: the disk is full");
  };
  return { store: storeWith(store, { exchange }), refused: () => refused };
}

Deno.test("results and output that the store refused are handed in again", async () => {
  using test = await testStore();
  const ids = [await test.enqueue("echo one; exit 3"), await test.enqueue("echo two >&2; kill -9 $$")];
  const { store, refused } = refusingOnce(test.store, ({ settlements }) => settlements.length > 0);
  const supervisor = await startSupervisor(test, { store, slots: 2, burst: true });
  assert.equal(await supervisor.run(), "stopped");
  assert.equal(refused(), 1);
  const jobs = await Promise.all(ids.map((id) => test.store.get(id)));
  assert.deepEqual(jobs.map((job) => [job!.state, job!.attempts]), [["dead", 1], ["dead", 1]]);
  assert.deepEqual(jobs.map((job) => job!.exitCode ?? job!.signal), [3, "SIGKILL"]);
  assert.deepEqual(await Promise.all(ids.map((id) => test.output(id))), ["one\n", "two\n"]);
});

Deno.test("output of a running job that the store refused is handed in again, before what came after it", async () => {
  using test = await testStore();
  const id = await test.enqueue("echo one; until [ -e go ]; do sleep 0.1; done; echo two");
  const { store, refused } = refusingOnce(test.store, ({ output }) => output.length > 0);
  await using _supervisor = await runningSupervisor(test, { store });
  await until("it is refused", () => refused() === 1);
  await until("the first line is stored", async () => await test.output(id) === "one\n");
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(id, "completed");
  assert.equal(await test.output(id), "one\ntwo\n");
});

Deno.test("much output is handed in piece by piece, and no end of a job before all that it printed", async () => {
  using test = await testStore();
  const size = 1_000_000;
  const command = `head -c ${size} /dev/zero | tr '\\0' x; echo >ended-$QUEUECTL_JOB_ID`;
  const ids = await Promise.all(Array.from({ length: 8 }, () => test.enqueue(command)));
  const most = 512 * 1024;
  const tooLarge: number[] = [];
  const early: number[] = [];
  let waited = false;
  const exchange: Store["exchange"] = async (wanted) => {
    const sizes = wanted.output.flatMap(({ pieces }) => pieces.map(({ bytes }) => bytes.length));
    const butTheLast = sizes.slice(0, -1).reduce((sum, one) => sum + one, 0);
    if (butTheLast >= most) tooLarge.push(butTheLast);
    if (sizes.length > 0 && !waited) {
      waited = true; // so that the rest piles up
      await until("all have printed", () => ids.every((id) => exists(test.dir.file(`ended-${id}`))));
    }
    const exchanged = await test.store.exchange(wanted);
    if (wanted.settlements.length === 0) return exchanged;
    const jobs = await Promise.all(ids.map((id) => test.store.get(id)));
    for (const job of jobs.filter((job) => job!.state === "completed")) {
      const { length } = await test.output(job!.id);
      if (length !== size) early.push(length);
    }
    return exchanged;
  };
  const store = storeWith(test.store, { exchange });
  const supervisor = await startSupervisor(test, { store, slots: 8, burst: true });
  assert.equal(await supervisor.run(), "stopped");
  assert.deepEqual([tooLarge, early], [[], []]);
  assert.deepEqual(await test.store.states(ids), ids.map(() => "completed"));
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The files of attempts in all spools. */
function filesOfAttempts(test: TestStore): string[] {
  const { spool } = test.dir.home;
  const supervisors = Array.from(Deno.readDirSync(spool)).filter(({ isDirectory }) => isDirectory);
  return supervisors.map(({ name }) => `${spool}/${name}`).flatMap((directory) =>
    [...Deno.readDirSync(directory), ...Deno.readDirSync(`${directory}/said`)]
      .filter(({ name, isFile }) => isFile && !/^ends-/.test(name)).map(({ name }) => name)
  );
}

Deno.test("the spool files of an attempt go once it is settled, however it ended, while its worker goes on", async () => {
  using test = await testStore();
  await using _supervisor = await runningSupervisor(test, { slots: 4 });
  const ends = [
    "true",
    "echo out; exit 3",
    "exit 137",
    "kill -9 $$",
    "exec sh -c 'exit 9'",
    "exit 200; exec x",
  ];
  const first = await Promise.all(ends.map((command) => test.enqueue(command)));
  first.push(await test.enqueue("cat", { stdin: new Uint8Array(3) }));
  for (const id of first) await test.reaches(id, "completed", "dead");
  // Now they are expected to be brief.
  const short = await Promise.all(Array.from({ length: 20 }, () => test.enqueue("true")));
  const again = await Promise.all(ends.map((command) => test.enqueue(command)));
  for (const id of [...short, ...again]) await test.reaches(id, "completed", "dead");
  const running = await test.enqueue("until [ -e go ]; do sleep 0.1; done");
  await test.reaches(running, "processing");
  await until("only the files of the running one are left", () => {
    const tokens = new Set(filesOfAttempts(test).map((file) => file.split(".")[0]));
    return tokens.size === 1;
  }, 10_000);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(running, "completed");
  await until("none are left", () => filesOfAttempts(test).length === 0, 10_000);
});
