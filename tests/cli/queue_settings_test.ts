/**
 * @module
 * What can be set of queues on the command line, and how they go.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { claim, newSupervisor } from "../helpers/jobs.ts";
import { testStore } from "../helpers/worker.ts";

/** A store, and the commands of queues in it. */
async function place() {
  const test = await testStore();
  const run = async (line: string) => {
    const { code, stdout, stderr } = await queuectl(line.split(" "), { home: test.home });
    return [code, stdout, stderr];
  };
  return { test, store: test.store, run, [Symbol.dispose]: () => test[Symbol.dispose]() };
}

Deno.test("a queue says how long its jobs are kept, and takes it back", async () => {
  using at = await place();
  assert.deepEqual(await at.run("queue set mail --retention 1d --retention-dead 30d"), [
    0,
    'Queue "mail" keeps completed and cancelled jobs for 1d\nQueue "mail" keeps dead jobs for 30d\n',
    'There is no queue "mail" yet\n',
  ]);
  const [, listed] = await at.run("queue list --json");
  const [{ retention, retention_dead }] = JSON.parse(listed as string).queues;
  assert.deepEqual([retention, retention_dead], [86_400, 30 * 86_400]);
  assert.match((await at.run("queue list"))[1] as string, /KEPT +DEAD KEPT.*\nmail +1d +30d/);
  const [, set] = await at.run("queue set mail --retention 0 --retention-dead default --json");
  assert.deepEqual(JSON.parse(set as string), { name: "mail", retention: 0, retention_dead: null });
  const { retentionMs, retentionDeadMs } = (await at.store.queue("mail"))!;
  assert.deepEqual([retentionMs, retentionDeadMs], [0, null]);
  for (const wrong of ["soon", "-1", "9999d"]) {
    const [code, , stderr] = await at.run(`queue set mail --concurrency 1 --retention=${wrong}`);
    assert.deepEqual([code, stderr], [
      2,
      `Cannot use --retention "${wrong}": it takes a duration up to 3650d, 0 for ever, or default\n`,
    ]);
  }
  assert.equal((await at.store.queue("mail"))!.concurrency, null, "nothing is changed");
});

Deno.test("prune goes by queues, and by the setting for dead jobs; with --older-than by neither", async () => {
  using at = await place();
  const old = Date.now() - 3_600_000;
  for (const queue of ["default", "short"]) await at.test.enqueue("true", { queue });
  await at.store.cancel(["j1", "j2"], old);
  await at.test.set({ retention: "0" });
  await at.store.setQueue("short", { retentionMs: 60_000 });
  assert.deepEqual(await at.run("prune"), [
    0,
    "Removed 1 job that ended longer ago than they are kept\n",
    "",
  ]);
  assert.deepEqual(await at.store.states(["j1", "j2"]), ["cancelled", undefined]);
  await at.store.setQueue("default", { retentionMs: 0 });
  assert.deepEqual(await at.run("prune --older-than 30m"), [
    0,
    "Removed 1 job that ended 30m ago or earlier\n",
    "",
  ]);
});

Deno.test("queue delete is refused with jobs; with --jobs they go, too, unless one runs", async () => {
  using at = await place();
  for (const _ of [1, 2]) await at.test.enqueue("true", { queue: "mail" });
  assert.deepEqual(await at.run("queue delete mail"), [
    1,
    "",
    'Cannot delete queue "mail": it has 2 jobs; delete them first, or with it by --jobs\n',
  ]);
  const [code, , stderr] = await at.run("queue delete mail --jobs");
  assert.deepEqual([code, stderr], [
    2,
    "Cannot ask whether to delete 2 jobs of queue mail: add --yes to do it, or --dry-run to see which they are\n",
  ]);
  assert.deepEqual((await at.run("queue delete mail --jobs --dry-run")).slice(0, 2), [0, "j1\nj2\n"]);
  await at.store.register(newSupervisor("s"));
  await claim(at.store, "s");
  assert.deepEqual(await at.run("queue delete mail --jobs --yes"), [
    1,
    "",
    'Cannot delete queue "mail": a job of it is running; cancel it first\n',
  ]);
  assert.equal((await at.store.queue("mail"))!.counts.pending, 1);
  for (const _ of [1, 2]) await at.test.enqueue("true", { queue: "other" });
  assert.deepEqual(await at.run("queue delete other --jobs --yes"), [
    0,
    'Deleted queue "other" and 2 jobs\n',
    "",
  ]);
  assert.equal(await at.store.queue("other"), undefined);
  assert.deepEqual(await at.run("queue delete nothing --jobs --yes"), [
    1,
    "",
    'Cannot delete queue "nothing": no such queue; there is: mail\n',
  ]);
});
