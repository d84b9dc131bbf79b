/**
 * @module
 * What every store must do. Queues and settings.
 */
import assert from "node:assert/strict";
import { claim, enqueue, failure, newSupervisor, settle, settlement, T0 } from "../helpers/jobs.ts";
import { closing, enqueueMeanwhile, MANY, type Test } from "./suite.ts";

/** Queues and settings. */
export function queueing(test: Test): void {
  test("a queue exists from its first job or its first setting on, and stays", async (store) => {
    await enqueue(store, { queue: "b" }, { queue: "b", runAt: T0 + 9 });
    await store.setQueue("a", { concurrency: 3 });
    await store.setQueue("a", { paused: true });
    await store.clear();
    const none = { pending: 0, scheduled: 0, processing: 0, completed: 0, failed: 0, dead: 0, cancelled: 0 };
    assert.deepEqual(await store.queues(), [
      { name: "a", paused: true, concurrency: 3, counts: none },
      { name: "b", paused: false, concurrency: null, counts: none },
    ]);
  });

  test("clear() removes the waiting jobs of one queue or of all, and nothing else", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { queue: "a" }, { queue: "b" }, { queue: "a" }, { queue: "a", runAt: T0 + 9e6 });
    const [first, second] = await claim(store, "s", { count: 2 });
    await settle(store, "s", failure(first!.token, { runAt: T0 + 9e6 }), settlement(second!.token));
    await enqueue(store, { queue: "b" });
    assert.equal(await store.clear("a"), 3);
    assert.deepEqual(await store.states(["j1", "j2", "j3", "j4", "j5"]), [
      undefined,
      "completed",
      undefined,
      undefined,
      "pending",
    ]);
    assert.equal(await store.clear(), 1);
  });

  test("clear() of very many jobs lets others write, and what they enqueue stays", async (store, opened) => {
    await enqueue(store, ...Array.from({ length: MANY }, () => ({})));
    const cleared = store.clear();
    const meanwhile = await enqueueMeanwhile(opened, cleared);
    const states = await store.states(meanwhile);
    const stayed = states.filter((state) => state === "pending").length;
    assert.ok(stayed > 2, `${stayed} were enqueued meanwhile and stayed`);
    assert.deepEqual(states.slice(-stayed), Array(stayed).fill("pending"), "whatever came after it began");
    assert.equal(await cleared, MANY + meanwhile.length - stayed);
  });

  test("settings are kept as they are given, until they are taken away", async (store, opened) => {
    using other = closing(await opened.another());
    assert.deepEqual(await store.settings(), new Map());
    await store.changeSettings(new Map([["lease", "10"], ["shell", "bash"]]));
    await store.changeSettings(new Map([["lease", "20"], ["shell", null], ["absent", null]]));
    assert.deepEqual(await other.store.settings(), new Map([["lease", "20"]]));
    await store.register(newSupervisor("s"));
    assert.deepEqual((await other.store.orders("s")).settings, new Map([["lease", "20"]]));
  });
}
