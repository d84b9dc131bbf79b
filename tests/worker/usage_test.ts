/**
 * @module
 * What running attempts take of the host, as it is seen from outside.
 */
import assert from "node:assert/strict";
import type { AttemptSaid, ClaimedJob } from "../../src/store/contract.ts";
import type { RunUsage } from "../../src/worker/process/platform.ts";
import { added, usageOf } from "../../src/worker/process/posix/usage.ts";
import { UsageWatch } from "../../src/worker/supervisor/usage_watch.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { request, slot } from "../helpers/slot.ts";
import { startSupervisor } from "../helpers/supervisor.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

const MIB = 1024 * 1024;
/** What a shell holds, and another one beside it. */
const HELD = 8 * MIB;
const LARGE = `x=$(head -c ${HELD} /dev/zero | tr "\\0" x)`;
const TWO =
  `sh -c '${LARGE}; while [ ! -e go ]; do sleep 0.1; done' & ${LARGE}; while [ ! -e go ]; do sleep 0.1; done; wait`;
const procfs = Deno.build.os === "linux";

Deno.test("what is printed of each process is added up for its run; what makes no sense is left out", () => {
  const printed = "150 2048 4096 a\n5 1024 1024 b\n50 1024 8192 a\n\n x\n1 2\n";
  assert.deepEqual([...added(printed)], [
    ["a", { memory: 3 * MIB, largest: 8 * MIB, cpuMs: 2000 }],
    ["b", { memory: MIB, largest: MIB, cpuMs: 50 }],
  ]);
});

for (const brief of [true, false]) {
  const where = brief ? "that a slot's shell has started" : "of a session of its own";
  Deno.test({ name: `what all processes of a run ${where} take is seen`, ignore: !procfs }, async () => {
    await using means = slot();
    const asked = request(means, TWO, { brief });
    const other = request(means, "while [ ! -e go ]; do sleep 0.1; done", { brief });
    const runs = [asked, other].map((one) =>
      means.launcher.launch({ ...one, env: { ...one.env, QUEUECTL_RUN: one.token } })
    );
    let seen: RunUsage | undefined;
    await until("both have what they hold", async () => {
      const all = await usageOf([asked.token, other.token, crypto.randomUUID()], true);
      assert.ok(all!.size <= 2);
      seen = all!.get(asked.token);
      return seen !== undefined && seen.memory > 2 * HELD && seen.largest > HELD;
    });
    assert.ok(seen!.cpuMs > 0);
    Deno.writeTextFileSync(means.dir.file("go"), "");
    await Promise.all(runs.map(({ ended }) => ended));
    assert.deepEqual([...(await usageOf([asked.token], true))!], []);
  });
}

Deno.test("without a /proc nobody can tell", async () => {
  assert.equal(await usageOf(["a"], false), undefined);
});

Deno.test("only attempts that have run for a while are looked at, and only what has changed is told", async () => {
  const clock = new FakeClock();
  const said: AttemptSaid[] = [];
  const looked: (readonly string[])[] = [];
  let running = [{ token: "a", startedAt: clock.now() }, { token: "b", startedAt: clock.now() + 10_000 }];
  let found: Record<string, RunUsage> = {};
  const watch = new UsageWatch({
    clock,
    byToken: true,
    look: (tokens) => {
      looked.push(tokens);
      return Promise.resolve(new Map(Object.entries(found)));
    },
    running: () => running as unknown as ClaimedJob[],
    say: (one) => said.push(one),
  });
  await watch.round();
  assert.deepEqual(looked, [], "none has run for a while");
  await clock.pass(2000);
  found = { a: { memory: 100, largest: 300, cpuMs: 10 } };
  await watch.round();
  assert.deepEqual(looked, [["a"]]);
  assert.deepEqual(said.splice(0), [{ token: "a", usage: { memory: 100, peakMemory: 300, cpuMs: 10 } }]);
  found = { a: { memory: 101, largest: 300, cpuMs: 20 } };
  await watch.round();
  assert.deepEqual(said, [], "hardly anything has changed");
  found = { a: { memory: 50, largest: 200, cpuMs: 5 } };
  await watch.round();
  assert.deepEqual(said.splice(0), [{ token: "a", usage: { memory: 50, peakMemory: 300, cpuMs: 10 } }]);
  found = { a: { memory: 900, largest: 400, cpuMs: 500 } };
  const look = watch.round();
  running = running.slice(1);
  await look;
  assert.deepEqual(said, [], "it has ended meanwhile");
});

Deno.test({
  name: "a job's memory and CPU time show while it runs, and what it had at its most afterwards",
  ignore: !procfs,
}, async () => {
  using test = await testStore();
  const supervisor = await startSupervisor(test);
  const over = supervisor.run();
  const id = await test.enqueue(TWO);
  await until("somebody has looked", async () => ((await test.store.get(id))!.usage?.memory ?? 0) > 2 * HELD);
  Deno.writeTextFileSync(`${test.dir.path}/go`, "");
  await test.reaches(id, "completed");
  supervisor.stop(null);
  await over;
  assert.equal((await test.store.get(id))!.usage, null);
  const [attempt] = await test.store.attempts(id);
  assert.ok(attempt!.usage!.peakMemory > 2 * HELD);
});
