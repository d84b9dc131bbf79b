/**
 * @module
 * What every store must do. Which jobs a supervisor gets, and when.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/store.ts";
import { claim, enqueue, exchangeOf, newSupervisor, settle, settlement, T0 } from "../helpers/jobs.ts";
import { closing, type Test } from "./suite.ts";

/** Which jobs a supervisor gets, and when. */
export function claiming(test: Test): void {
  test("jobs are claimed by priority, then by age, over all queues", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(
      store,
      { queue: "a", priority: 1 },
      { queue: "b" },
      { queue: "a" },
      { queue: "c", priority: -1 },
      { queue: "b", priority: 1 },
    );
    const claimed = await claim(store, "s", { count: 4 });
    assert.deepEqual(claimed.map(({ id }) => id), ["j4", "j2", "j3", "j1"]);
    assert.deepEqual((await claim(store, "s", { count: 4 })).map(({ id }) => id), ["j5"]);
    assert.deepEqual(await claim(store, "s"), []);
  });

  test("a claimed job is processing, with an attempt of its own and an unguessable token", async (store) => {
    await store.register(newSupervisor("s", { host: "h" }));
    await enqueue(store, {}, {});
    const { claimed } = await store.exchange(exchangeOf("s", { free: ["w1", "w2"], now: T0 + 7 }));
    assert.deepEqual(claimed.map(({ worker }) => worker), ["w1", "w2"]);
    assert.notEqual(claimed[0]!.token, claimed[1]!.token);
    const { token, ...job } = claimed[0]!;
    assert.match(token, /^[0-9a-f-]{36}$/);
    assert.deepEqual(await store.get("j1"), job);
    assert.deepEqual(
      [job.state, job.attempts, job.lastAttempt, job.startedAt, job.worker],
      ["processing", 1, 1, T0 + 7, "w1"],
    );
    assert.deepEqual(await store.attempts("j1"), [{
      attempt: 1,
      adoptedFrom: null,
      worker: "w1",
      supervisor: "s",
      host: "h",
      startedAt: T0 + 7,
      finishedAt: null,
      outcome: null,
      exitCode: null,
      signal: null,
      error: null,
    }]);
  });

  test("held jobs, paused queues and queues not asked for are passed over", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { held: true }, { queue: "paused" }, { queue: "other" }, {});
    await store.setQueue("paused", { paused: true });
    const mine = exchangeOf("s", { free: ["w", "w", "w"], queues: ["default", "paused"] });
    const { claimed, waiting } = await store.exchange(mine);
    assert.deepEqual(claimed.map(({ id }) => id), ["j4"]);
    assert.equal(waiting, false);
    await store.hold(["j1"], false);
    await store.setQueue("paused", { paused: false });
    assert.deepEqual((await claim(store, "s", { count: 9 })).map(({ id }) => id), ["j1", "j2", "j3"]);
  });

  test("due jobs become pending when their time comes, not before, and held ones not at all", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { runAt: T0 + 100 }, { runAt: T0 + 50 }, { runAt: T0 + 10, held: true });
    const before = await store.exchange(exchangeOf("s", { free: ["w", "w", "w"], now: T0 + 49 }));
    assert.deepEqual(before, { claimed: [], refused: [], nextDueAt: T0 + 50, waiting: true });
    const after = await store.exchange(exchangeOf("s", { free: ["w", "w", "w"], now: T0 + 50 }));
    assert.deepEqual(after.claimed.map(({ id }) => id), ["j2"]);
    assert.equal(after.nextDueAt, T0 + 100);
    const last = await store.exchange(exchangeOf("s", { now: T0 + 100 }));
    assert.equal(last.nextDueAt, null);
    assert.deepEqual(await store.states(["j1", "j3"]), ["pending", "scheduled"]);
  });

  test("a queue never runs more than its concurrency, over all supervisors", async (store, opened) => {
    using other = closing(await opened.another());
    await store.register(newSupervisor("s"));
    await other.store.register(newSupervisor("t"));
    await enqueue(store, {}, {}, {}, {}, { queue: "free" });
    await store.setQueue("default", { concurrency: 2 });
    const first = await claim(store, "s", { count: 1 });
    const second = await claim(other.store, "t", { count: 4 });
    assert.deepEqual(second.map(({ id }) => id), ["j2", "j5"]);
    assert.deepEqual(await claim(store, "s", { count: 4 }), []);
    await settle(store, "s", settlement(first[0]!.token));
    assert.deepEqual((await claim(other.store, "t", { count: 4 })).map(({ id }) => id), ["j3"]);
    await store.setQueue("default", { concurrency: null });
    assert.deepEqual((await claim(store, "s", { count: 4 })).map(({ id }) => id), ["j4"]);
  });

  test("two supervisors never get the same job", async (store, opened) => {
    using other = closing(await opened.another());
    await store.register(newSupervisor("s"));
    await other.store.register(newSupervisor("t"));
    await enqueue(store, ...Array.from({ length: 100 }, () => ({})));
    const drain = async (from: Store, supervisor: string) => {
      const ids: string[] = [];
      while (true) {
        const claimed = await claim(from, supervisor, { count: 3 });
        if (claimed.length === 0) return ids;
        ids.push(...claimed.map(({ id }) => id));
        await settle(from, supervisor, ...claimed.map(({ token }) => settlement(token)));
      }
    };
    const ids = (await Promise.all([drain(store, "s"), drain(other.store, "t")])).flat();
    assert.equal(ids.length, 100);
    assert.equal(new Set(ids).size, 100);
  });

  test("a supervisor that is not registered gets nothing; a lease that ended by the clock does not matter", async (store) => {
    await store.register(newSupervisor("late", { leaseUntil: T0 - 1 }));
    await enqueue(store, {});
    assert.deepEqual(await claim(store, "stranger"), []);
    assert.deepEqual(await store.states(["j1"]), ["pending"]);
    assert.equal((await claim(store, "late")).length, 1);
  });
}
