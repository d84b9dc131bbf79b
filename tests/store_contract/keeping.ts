/**
 * @module
 * What every store must do. Pruning, copies and checks.
 */
import assert from "node:assert/strict";
import type { Kept, Pruned, PruneStep, Store } from "../../src/store/contract.ts";
import { claim, death, enqueue, newSupervisor, settle, settlement, T0 } from "../helpers/jobs.ts";
import type { Test } from "./suite.ts";

/** Pruning, copies and checks. */
export function keeping(test: Test): void {
  /** One step at `T0`; of the queue that jobs are in unless they say otherwise. */
  const step = async (store: Store, kept: Partial<Kept>, options: Partial<PruneStep> = {}) => {
    const all = { endedMs: null, deadMs: null, ofQueues: true, ...kept };
    const { pruned, after } = await store.prune(all, { now: T0, limit: 100, ...options });
    return [pruned, after];
  };

  test("prune() removes completed and cancelled jobs that ended before, the oldest first", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {}, {}, {}, {});
    const tokens = (await claim(store, "s", { count: 4 })).map(({ token }) => token);
    await settle(
      store,
      "s",
      settlement(tokens[0]!, { finishedAt: T0 + 30 }),
      settlement(tokens[1]!, { finishedAt: T0 + 10 }),
      settlement(tokens[2]!, { finishedAt: T0 + 50 }),
      death(tokens[3]!),
    );
    await store.cancel(["j5"], T0 + 20);
    const kept = { endedMs: 50 };
    const now = T0 + 100;
    assert.deepEqual(await step(store, kept, { now, limit: 2 }), [2, ""], "there is more");
    assert.deepEqual(await store.states(["j1", "j2", "j3", "j4", "j5"]), [
      "completed",
      undefined,
      "completed",
      "dead",
      undefined,
    ]);
    assert.deepEqual(await step(store, kept, { now }), [1, null]);
    assert.deepEqual(await step(store, kept, { now }), [0, null]);
    assert.deepEqual(await step(store, {}, { now: T0 + 9e9 }), [0, null], "for ever");
    assert.deepEqual(await store.recount(), []);
  });

  test("prune() heeds what queues say of ended and of dead jobs, if it is asked to", async (store) => {
    await store.register(newSupervisor("s"));
    const queues = ["default", "short", "long", "dead-short"];
    await store.setQueue("short", { retentionMs: 10 });
    await store.setQueue("long", { retentionMs: 0, retentionDeadMs: 500 });
    await store.setQueue("dead-short", { retentionDeadMs: 10 });
    for (const queue of queues) {
      await enqueue(store, { id: `${queue}.done`, queue }, { id: `${queue}.dead`, queue });
      const [done, dead] = await claim(store, "s", { count: 2 });
      await settle(store, "s", settlement(done!.token, { finishedAt: T0 }), {
        ...death(dead!.token),
        finishedAt: T0,
      });
    }
    const left = async () =>
      (await store.list({ sort: "oldest", limit: 99 })).jobs.map(({ id }) => id).join(" ");
    const kept = { endedMs: 100, deadMs: null };
    assert.deepEqual(await step(store, kept, { now: T0 + 10 }), [0, null], "to the ms");
    assert.deepEqual(await step(store, kept, { now: T0 + 11 }), [2, null]);
    assert.equal(await left(), "default.done default.dead short.dead long.done long.dead dead-short.done");
    assert.deepEqual(await step(store, kept, { now: T0 + 101 }), [2, null]);
    assert.equal(await left(), "default.dead short.dead long.done long.dead");
    assert.deepEqual(await step(store, { deadMs: 400 }, { now: T0 + 450, after: "default" }), [1, null]);
    assert.equal(await left(), "default.dead long.done long.dead", "queues up to the one that is named stay");
    assert.deepEqual(await step(store, { endedMs: 0, ofQueues: false }, { now: T0 + 450 }), [1, null]);
    assert.equal(await left(), "default.dead long.dead");
    await store.setQueue("long", { retentionDeadMs: null });
    assert.deepEqual(await step(store, {}, { now: T0 + 9e9 }), [0, null], "as the setting says again");
    assert.deepEqual(await store.recount(), []);
  });

  test("prune() goes through very many queues in steps, and forgets none", async (store) => {
    await enqueue(store, ...Array.from({ length: 1_200 }, (_, n) => ({ queue: `q${n}` })));
    const old = ["j1", "j600", "j1199", "j1200"];
    await store.cancel(old, T0);
    let pruned = 0;
    let steps = 0;
    for (let after: string | null = ""; after !== null; steps += 1) {
      const done: Pruned = await store.prune({ endedMs: 10, deadMs: null, ofQueues: true }, {
        now: T0 + 20,
        limit: 2,
        after,
      });
      pruned += done.pruned;
      after = done.after;
    }
    assert.equal(pruned, 4);
    assert.ok(steps > 1, `${steps} steps`);
    assert.deepEqual(await store.states(old), [undefined, undefined, undefined, undefined]);
  });

  test(
    "backup(), where it is offered, writes a copy that holds everything, and never over a file",
    async (store, { file }) => {
      const { backup } = store.care;
      if (!backup) return;
      await enqueue(store, {}, {});
      await backup(file);
      assert.ok(Deno.statSync(file).size > 0);
      await assert.rejects(backup(file), {
        name: "Refused",
        message: `Cannot back up to "${file}": the file exists`,
      });
    },
  );

  test("a store that is well says so", async (store) => {
    await enqueue(store, {});
    assert.deepEqual([...await store.care.check?.() ?? [], ...await store.recount()], []);
    const info = await store.info();
    assert.match(info.engine, /^\w+ \d/);
    assert.ok(info.size > 0 && info.schemaVersion > 0 && info.logSize >= 0);
    for (const { found, advice } of info.doubts) assert.ok(found.includes(info.engine) && advice.length > 0);
  });
}
