/**
 * @module
 * What every store must do. Queues and settings.
 */
import assert from "node:assert/strict";
import { STATES } from "../../src/domain/job.ts";
import { claim, clear, enqueue, exchangeOf, newJob, newSupervisor, T0 } from "../helpers/jobs.ts";
import { closing, type Test } from "./suite.ts";

/** Queues and settings. */
export function queueing(test: Test): void {
  test("a queue exists from its first job or its first switch on", async (store) => {
    await enqueue(store, { queue: "b" }, { queue: "b", runAt: T0 + 9 });
    await store.setQueue("a", { concurrency: 3 });
    await store.setQueue("a", { paused: true });
    await clear(store);
    const none = Object.fromEntries(STATES.map((state) => [state, 0]));
    const rules = { takes: null, perLabel: null, rate: null, fair: false, agingMs: null };
    const others = { retentionMs: null, retentionDeadMs: null, ...rules, counts: none };
    assert.deepEqual(await store.queues(), [
      { name: "a", paused: true, concurrency: 3, ...others },
      { name: "b", paused: false, concurrency: null, ...others },
    ]);
  });

  test("an empty queue without switches is forgotten after a day; what was counted over all queues is not", async (store) => {
    await store.register(newSupervisor("s"));
    const hour = 3_600_000;
    const names = async () => (await store.queues()).map(({ name }) => name);
    const exchangeAt = (now: number) => store.exchange(exchangeOf("s", { now, free: ["w"] }));
    const change = async (now: number) => {
      // an exchange that has something to do
      await store.enqueue([newJob({ queue: "busy" })], { now, idFormat: "short" });
      await exchangeAt(now);
    };
    const empty = ["deleted", "cleared", "moved", "resumed", "again"];
    await enqueue(
      store,
      ...[...empty.slice(0, 3), "again", "paused", "limited"].map((queue) => ({
        id: queue,
        queue,
        held: true,
      })),
    );
    await store.setQueue("paused", { paused: true });
    await store.setQueue("limited", { concurrency: 2 });
    await store.setQueue("kept", { retentionMs: 0 });
    await store.setQueue("kept-long", { retentionDeadMs: 5 });
    await store.setQueue("resumed", { paused: true });
    await store.setQueue("resumed", { paused: false });
    await store.delete(["deleted", "again", "paused", "limited"]);
    await clear(store, "cleared");
    await store.edit("moved", { queue: "busy" }, T0);
    await change(T0);
    await change(T0 + 23 * hour);
    assert.deepEqual(await names(), [
      "again",
      "busy",
      "cleared",
      "deleted",
      "kept",
      "kept-long",
      "limited",
      "moved",
      "paused",
      "resumed",
    ]);
    await store.enqueue([newJob({ queue: "again", id: "again" })], {
      now: T0 + 23 * hour,
      idFormat: "short",
    });
    await store.delete(["again"]);
    await change(T0 + 24 * hour);
    assert.deepEqual(await names(), ["again", "busy", "kept", "kept-long", "limited", "paused"]);
    await store.setQueue("paused", { paused: false });
    await change(T0 + 30 * hour);
    await change(T0 + 54 * hour);
    assert.deepEqual(await names(), ["busy", "kept", "kept-long", "limited"]);
    const figures = await store.figures({ span: "total" });
    assert.deepEqual(figures.map(({ queue }) => queue), ["busy", "limited"]);
    assert.equal((await store.figures({ span: "total", queue: null }))[0]!.figures.enqueued, 12);
  });

  test("very many empty queues are forgotten one after the other", async (store) => {
    await store.register(newSupervisor("s"));
    const ids = await enqueue(store, ...Array.from({ length: 210 }, (_, n) => ({ queue: `q${n}` })));
    await store.delete(ids);
    const left = async () => (await store.queues()).length;
    const exchange = async (now: number) => {
      await store.enqueue([newJob({ queue: "busy" })], { now, idFormat: "short" });
      await store.exchange(exchangeOf("s", { now, free: ["w"] }));
    };
    for (let n = 0; n < 4; n++) await exchange(T0 + n);
    for (let before = Infinity; before > await left();) {
      before = await left();
      await exchange(T0 + 2 * 86_400_000);
    }
    assert.equal(await left(), 1);
  });

  test("deleteQueue() takes a queue that has no jobs, with its switches and figures", async (store) => {
    await enqueue(store, { queue: "a" }, { queue: "a" }, { queue: "b" });
    await store.setQueue("a", { paused: true });
    await store.setQueue("new", { concurrency: 1 });
    await assert.rejects(store.deleteQueue("a"), {
      name: "Refused",
      message: 'Cannot delete queue "a": it has 2 jobs; delete them first',
    });
    await assert.rejects(store.deleteQueue("none"), { message: 'Cannot delete queue "none": no such queue' });
    await store.delete(["j1", "j2"]);
    await store.deleteQueue("a");
    await store.deleteQueue("new");
    assert.deepEqual((await store.queues()).map(({ name }) => name), ["b"]);
    assert.equal(await store.queue("a"), undefined);
    assert.deepEqual((await store.figures({ span: "total" })).map(({ queue }) => queue), ["b"]);
    assert.equal((await store.figures({ span: "total", queue: null }))[0]!.figures.enqueued, 3);
    await enqueue(store, { queue: "a" });
    assert.equal((await store.queue("a"))!.paused, false);
  });

  test("queues come by pages, one by its name, and the first at a glance are those with work", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, ...["e", "d", "c", "b", "a"].map((queue) => ({ queue, held: queue < "c" })));
    await store.setQueue("f", { paused: true });
    const names = (queues: readonly { name: string }[]) => queues.map(({ name }) => name).join("");
    const all = await store.queues();
    assert.equal(names(all), "abcdef");
    assert.deepEqual(await store.queues({ limit: 4 }), all.slice(0, 4));
    assert.deepEqual(await store.queues({ limit: 4, after: "d" }), all.slice(4));
    assert.deepEqual(await store.queue("d"), all[3]);
    assert.equal(await store.queue("g"), undefined);
    assert.deepEqual(await store.summary(6), {
      counts: { ...all[5]!.counts, pending: 5 },
      queues: all,
      of: 6,
    });
    await claim(store, "s");
    const { counts, queues, of } = await store.summary(3);
    assert.deepEqual([counts.pending, counts.processing, of], [4, 1, 6]);
    assert.equal(names(queues), "cde");
    assert.equal(names((await store.summary(4)).queues), "acde");
    assert.deepEqual((await store.summary(0)).queues, []);
  });

  test("a queue that is next but for very many jobs of another one is shown at a glance", async (store) => {
    const jobs = Array.from({ length: 2_100 }, () => newJob({ queue: "y" }));
    await store.enqueue([...jobs, newJob({ queue: "z", priority: 1 })], { now: T0, idFormat: "short" });
    await enqueue(store, ...["a", "b"].map((queue) => ({ queue, held: true })));
    await store.setQueue("c", { paused: true });
    const { queues, counts, of } = await store.summary(2);
    assert.deepEqual(queues.map(({ name }) => name), ["y", "z"]);
    assert.deepEqual([counts.pending, of], [2_103, 5]);
  });

  test("standing() finds queues in which jobs wait that nobody takes, those with the most first", async (store) => {
    const names = async (served: string[] | null, limit = 9) =>
      (await store.standing({ served, limit })).map(({ name }) => name);
    const many = (count: number, queue: string, runAt: number | null = null) =>
      Array.from({ length: count }, () => ({ queue, runAt }));
    await enqueue(store, ...many(1, "a"), ...many(2, "b"), ...many(3, "c", T0 + 9), ...many(4, "d"));
    await store.setQueue("empty", { paused: true });
    assert.deepEqual([await names(null), await names([])], [[], ["d", "b", "a"]]);
    await store.setQueue("b", { paused: true });
    await store.setQueue("c", { paused: true });
    assert.deepEqual(await names(null), ["c", "b"]);
    assert.deepEqual(await names(["a"]), ["d", "c", "b"]);
    assert.deepEqual(await names(["a"], 1), ["d"]);
    const [first] = await store.standing({ served: null, limit: 1 });
    assert.deepEqual([first!.paused, first!.counts.scheduled], [true, 3]);
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
