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
  /** Prunes to the end, and returns how many went. */
  const prune = async (
    store: Store,
    kept: Partial<Kept>,
    { now = T0, limit = 100 }: Partial<PruneStep> = {},
  ) => {
    const all = { endedMs: null, deadMs: null, ofQueues: true, ...kept };
    let pruned = 0;
    let after: string | undefined | null;
    while (after !== null) {
      const done: Pruned = await store.prune(all, { now, limit, ...after !== undefined && { after } });
      assert.ok(done.pruned <= limit);
      pruned += done.pruned;
      after = done.after;
    }
    return pruned;
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
    const first = await store.prune({ endedMs: 50, deadMs: null, ofQueues: true }, { now, limit: 2 });
    assert.ok(first.pruned === 2 && first.after !== null);
    assert.deepEqual(await store.states(["j1", "j2", "j3", "j4", "j5"]), [
      "completed",
      undefined,
      "completed",
      "dead",
      undefined,
    ]);
    assert.equal(await prune(store, kept, { now }), 1);
    assert.equal(await prune(store, kept, { now }), 0);
    assert.equal(await prune(store, {}, { now: T0 + 9e9 }), 0, "for ever");
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
    assert.equal(await prune(store, kept, { now: T0 + 10 }), 0, "to the ms");
    assert.equal(await prune(store, kept, { now: T0 + 11 }), 2);
    assert.equal(await left(), "default.done default.dead short.dead long.done long.dead dead-short.done");
    assert.equal(await prune(store, kept, { now: T0 + 101 }), 2);
    assert.equal(await left(), "default.dead short.dead long.done long.dead");
    assert.equal(await prune(store, { deadMs: 400 }, { now: T0 + 450 }), 2);
    assert.equal(await left(), "long.done long.dead");
    assert.equal(await prune(store, { endedMs: 0, ofQueues: false }, { now: T0 + 450 }), 1);
    assert.equal(await left(), "long.dead");
    await store.setQueue("long", { retentionDeadMs: null });
    assert.equal(await prune(store, {}, { now: T0 + 9e9 }), 0, "as the setting says again");
    assert.deepEqual(await store.recount(), []);
  });

  test("prune() steps over very many that are to be kept, and finds what is not", async (store) => {
    await store.setQueue("kept", { retentionMs: 0 });
    await enqueue(store, ...Array.from({ length: 4_500 }, () => ({ queue: "kept" })));
    await enqueue(store, { id: "old" }, { id: "older" }, { id: "new" });
    await store.cancel(Array.from({ length: 4_500 }, (_, n) => `j${n + 1}`), T0);
    await store.cancel(["older"], T0 - 1);
    await store.cancel(["old"], T0 + 1);
    await store.cancel(["new"], T0 + 2);
    const first = await store.prune({ endedMs: 10, deadMs: null, ofQueues: true }, {
      now: T0 + 12,
      limit: 9,
    });
    assert.ok(first.pruned === 1 && first.after !== null);
    assert.equal(await prune(store, { endedMs: 10 }, { now: T0 + 12 }), 1);
    assert.deepEqual(await store.states(["older", "old", "new", "j1"]), [
      undefined,
      undefined,
      "cancelled",
      "cancelled",
    ]);
    await store.setQueue("kept", { retentionMs: 10 });
    assert.equal(await prune(store, {}, { now: T0 + 12, limit: 2_500 }), 4_500);
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
