/**
 * @module
 * Who is heir to what: supervisors that are moved by hand take over from others, on a real store and real locks.
 */
import assert from "node:assert/strict";
import type { ClaimedJob } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import { probeHost } from "../../src/worker/process/posix/host.ts";
import { bar } from "../../src/worker/spool/spool.ts";
import { attemptSpool, openSpool, type OwnSpool } from "../../src/worker/spool/spools.ts";
import type { Journal } from "../../src/worker/supervisor/journal.ts";
import { Succession } from "../../src/worker/supervisor/succession.ts";
import { claim, newSupervisor } from "../helpers/jobs.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

const LEASE_MS = 30_000;
const HOST = await probeHost();
const SILENT: Journal = { started() {}, adopted() {}, settled() {}, note() {} };

/** A supervisor that lives, with workers that watch nothing. */
async function supervisor(
  test: TestStore,
  id: string,
  workers = [`${id}-worker`],
): Promise<{ succession: Succession; spool: OwnSpool; die(): void }> {
  const spool = await openSpool(test.dir.home, id);
  await test.store.register(newSupervisor(id, {
    host: HOST.name,
    bootId: HOST.bootId,
    pidNamespace: HOST.pidNamespace,
    workers: workers.map((worker) => ({ id: worker, slots: 1, queues: null })),
  }));
  const succession = new Succession({
    id,
    store: test.store,
    home: test.dir.home,
    host: HOST,
    renewableMs: () => systemClock.monotonicMs(),
    journal: SILENT,
    workers: (count) => Array.from({ length: count }, (_, i) => workers[i % workers.length]!),
  });
  return { succession, spool, die: () => spool[Symbol.dispose]() };
}

async function claimed(test: TestStore, by: string, count: number): Promise<ClaimedJob[]> {
  for (let i = 0; i < count; i++) await test.enqueue("true");
  return await claim(test.store, by, { count, now: Date.now() });
}

function tokens(jobs: readonly { job: ClaimedJob }[]): string[] {
  return jobs.map(({ job }) => job.token);
}

Deno.test("what a dead supervisor had not begun is kept from ever beginning, all else is adopted", async () => {
  using test = await testStore();
  const { spool, die } = await supervisor(test, "s");
  const [begun, waiting] = await claimed(test, "s", 2);
  Deno.writeTextFileSync(`${spool.path}/${begun!.token}.out`, "");
  die();
  const heir = await supervisor(test, "t");
  await heir.succession.takeOver(LEASE_MS);
  const { adoptions, barred } = await heir.succession.sort();
  assert.deepEqual(tokens(barred), [waiting!.token]);
  assert.deepEqual(adoptions.map(({ attempt, worker }) => [attempt.job.token, worker]), [[
    begun!.token,
    "t-worker",
  ]]);
  assert.equal(bar(attemptSpool(test.dir.home, "s", waiting!.token)), false, "its shell comes too late");
  assert.deepEqual((await heir.succession.sort()).barred, [], "it is not barred twice");
  heir.die();
});

Deno.test("what a crashed thread had not begun is kept from ever beginning", async () => {
  using test = await testStore();
  const { succession, spool, die } = await supervisor(test, "s");
  const [begun, waiting] = await claimed(test, "s", 2);
  Deno.writeTextFileSync(`${spool.path}/${begun!.token}.out`, "");
  assert.deepEqual(succession.crashed([begun!, waiting!]), [], "nobody is a suspect");
  const { adoptions, barred } = await succession.sort();
  assert.deepEqual(tokens(barred), [waiting!.token]);
  assert.deepEqual(tokens(adoptions.map(({ attempt }) => attempt)), [begun!.token]);
  die();
});

Deno.test("of the jobs that a worker left, those that have begun are adopted, and the others never begin", async () => {
  using test = await testStore();
  const { succession, spool, die } = await supervisor(test, "s");
  const [begun, waiting] = await claimed(test, "s", 2);
  Deno.writeTextFileSync(`${spool.path}/${begun!.token}.out`, "");
  succession.left([begun!, waiting!]);
  const { adoptions, barred } = await succession.sort();
  const adopted = adoptions.map(({ attempt }) => attempt);
  assert.deepEqual([tokens(adopted), tokens(barred)], [[begun!.token], [waiting!.token]]);
  assert.equal(
    bar(succession.spoolOf(waiting!.token)),
    false,
    "its shell finds the file that must not be there",
  );
  die();
});

Deno.test("what is taken over is given to several workers, in the store as well", async () => {
  using test = await testStore();
  const { spool, die } = await supervisor(test, "s");
  for (const { token } of await claimed(test, "s", 3)) {
    Deno.writeTextFileSync(`${spool.path}/${token}.out`, "");
  }
  die();
  const heir = await supervisor(test, "t", ["a", "b"]);
  await heir.succession.takeOver(LEASE_MS);
  const { adoptions } = await heir.succession.sort();
  assert.deepEqual(adoptions.map(({ worker }) => worker), ["a", "b", "a"]);
  const workers = await test.store.workers();
  assert.deepEqual(workers.map(({ id, running }) => [id, running.length]), [["a", 2], ["b", 1]]);
  heir.die();
});

Deno.test("an attempt prints to the spool of the supervisor that started it, whoever has it, and that stays until then", async () => {
  using test = await testStore();
  const first = await supervisor(test, "s");
  const [job] = await claimed(test, "s", 1);
  const spool = attemptSpool(test.dir.home, "s", job!.token);
  Deno.writeTextFileSync(`${spool}.out`, "");
  first.die();
  for (const id of ["t", "u", "v"]) {
    const heir = await supervisor(test, id);
    await heir.succession.takeOver(LEASE_MS);
    assert.equal((await heir.succession.sort()).adoptions.length, 1, id);
    assert.equal(heir.succession.spoolOf(job!.token), spool, id);
    assert.ok(Deno.statSync(`${spool}.out`).isFile, id);
    heir.die();
  }
});
