/**
 * @module
 * What every store must do. Pruning, copies and checks.
 */
import assert from "node:assert/strict";
import { claim, death, enqueue, newSupervisor, settle, settlement, T0 } from "../helpers/jobs.ts";
import type { Test } from "./suite.ts";

/** Pruning, copies and checks. */
export function keeping(test: Test): void {
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
    assert.equal(await store.prune(T0 + 50, 2), 2);
    assert.deepEqual(await store.states(["j1", "j2", "j3", "j4", "j5"]), [
      "completed",
      undefined,
      "completed",
      "dead",
      undefined,
    ]);
    assert.equal(await store.prune(T0 + 50, 100), 1);
    assert.equal(await store.prune(T0 + 50, 100), 0);
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
