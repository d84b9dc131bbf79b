/**
 * @module
 * What every store must do. Which jobs a supervisor gets, and when.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
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
      progress: null,
      note: null,
      resultSize: null,
      cpuMs: null,
      usage: null,
      pausedMs: 0,
      unstopped: null,
    }]);
  });

  test("held jobs, paused queues and queues not asked for are passed over", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { held: true }, { queue: "paused" }, { queue: "other" }, {});
    await store.setQueue("paused", { paused: true });
    const mine = exchangeOf("s", { free: ["w", "w", "w"], queues: ["default", "paused"] });
    const { claimed } = await store.exchange(mine);
    assert.deepEqual(claimed.map(({ id }) => id), ["j4"]);
    assert.equal((await store.exchange(mine)).waiting, false);
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

  test("however many jobs are due at once, the most urgent of them are claimed first", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(
      store,
      ...Array.from({ length: 1500 }, (_, n) => ({ runAt: T0 + 1 + n % 7, priority: n % 3 })),
      // what is more urgent, but not due, is in nobody's way
      ...Array.from({ length: 600 }, (_, n) => ({ runAt: T0 + 10_000, priority: -1000 - n % 3 })),
      { runAt: T0 + 9, priority: -1, id: "urgent" },
      { runAt: T0 + 8, priority: -1, id: "also-urgent" },
    );
    const now = T0 + 10;
    const claimed = await claim(store, "s", { count: 3, now });
    assert.deepEqual(claimed.map(({ id }) => id), ["urgent", "also-urgent", "j1"]);
    const woken = async () => (await store.queues())[0]!.counts.pending;
    for (let before = -1; before !== await woken();) {
      before = await woken();
      await store.exchange(exchangeOf("s", { now }));
    }
    assert.equal(await woken(), 1499);
  });

  test("due jobs of very many priorities all come to their turn", async (store) => {
    await store.register(newSupervisor("s"));
    const count = 2500;
    await enqueue(
      store,
      ...Array.from({ length: count }, (_, n) => ({ runAt: T0 + 1 + n, priority: n % 2 * -n })),
    );
    const ids = new Set<string>();
    while (ids.size < count) {
      const claimed = await claim(store, "s", { count: 500, now: T0 + 5000 });
      assert.notEqual(claimed.length, 0);
      for (const { id } of claimed) ids.add(id);
    }
  });

  test("a lane that was passed over has its turn as soon as it may", async (store) => {
    await store.register(newSupervisor("s"));
    const queues = Array.from({ length: 120 }, (_, n) => `q${n}`);
    await enqueue(store, ...queues.flatMap((queue) => [{ queue }, { queue }]), { queue: "last" });
    for (const queue of queues.slice(0, 60)) await store.setQueue(queue, { paused: true });
    for (const queue of queues.slice(60)) await store.setQueue(queue, { concurrency: 1 });
    const first = await claim(store, "s", { count: 100 });
    assert.deepEqual(first.map(({ queue }) => queue), [...queues.slice(60), "last"]);
    assert.deepEqual(await claim(store, "s", { count: 100 }), []);
    await store.setQueue("q7", { paused: false });
    assert.deepEqual((await claim(store, "s", { count: 100 })).map(({ id }) => id), ["j15", "j16"]);
    await settle(store, "s", settlement(first[3]!.token));
    assert.deepEqual((await claim(store, "s", { count: 100 })).map(({ id }) => id), ["j128"]);
    await store.setQueue("q60", { concurrency: 2 });
    assert.deepEqual((await claim(store, "s", { count: 100 })).map(({ id }) => id), ["j122"]);
    await store.edit("j1", { queue: "new", priority: -1 }, T0);
    await enqueue(store, { queue: "q0", held: true, id: "held" }, { queue: "new" });
    await store.hold(["held"], false);
    await store.setQueue("q0", { paused: false });
    const last = await claim(store, "s", { count: 100 });
    assert.deepEqual(last.map(({ id }) => id), ["j1", "j2", "held", "j243"]);
  });

  test("more lanes without jobs than are looked at for one claim hold nobody up for long", async (store) => {
    await store.register(newSupervisor("s"));
    const queues = Array.from({ length: 2500 }, (_, n) => `q${n}`);
    await enqueue(store, ...queues.map((queue) => ({ queue })), { queue: "last", id: "last" });
    const free = ["w"];
    await store.cancel(queues.map((_, n) => `j${n + 1}`), T0);
    let exchanged = await store.exchange(exchangeOf("s", { free }));
    while (exchanged.claimed.length === 0) {
      assert.ok(exchanged.nextDueAt! <= T0, "it is told to come again at once");
      exchanged = await store.exchange(exchangeOf("s", { free }));
    }
    assert.deepEqual(exchanged.claimed.map(({ id }) => id), ["last"]);
    const { claimed, waiting, nextDueAt } = await store.exchange(exchangeOf("s", { free }));
    assert.deepEqual({ claimed, waiting, nextDueAt }, { claimed: [], waiting: false, nextDueAt: null });
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
