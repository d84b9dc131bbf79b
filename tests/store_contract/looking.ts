/**
 * @module
 * What every store must do. Looking at jobs: by id, in pages, and what is ahead of them.
 */
import assert from "node:assert/strict";
import type { JobFilter, Store } from "../../src/store/contract.ts";
import { claim, enqueue, newJob, newSupervisor, T0 } from "../helpers/jobs.ts";
import type { Test } from "./suite.ts";

/** Looking at jobs: by id, in pages, and what is ahead of them. */
export function looking(test: Test): void {
  test("ids that are no job's are undefined, however they are written", async (store) => {
    await enqueue(store, {}, { id: "x" });
    for (const id of ["j2", "j0", "j01", "J1", "j1 ", "1", "", "j99999999999999999999", "X", "nope"]) {
      assert.equal(await store.get(id), undefined, id);
      assert.deepEqual(await store.attempts(id), []);
      assert.deepEqual(await store.output(id, 1), []);
    }
    assert.deepEqual(await store.states(["nope", "x", "j1"]), [undefined, "pending", "pending"]);
    assert.deepEqual(await store.states([]), []);
  });

  const pages = async (store: Store, filter: Omit<JobFilter, "limit">, limit: number) => {
    const found: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ ...filter, limit, cursor });
      found.push(page.jobs.map(({ id }) => id));
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  };

  test("list() shows every job once, page by page, in each order", async (store) => {
    await enqueue(store, { priority: 5 }, { priority: -1 }, { priority: 5 }, {}, {
      priority: -1,
      held: true,
    });
    assert.deepEqual(await pages(store, {}, 2), [["j5", "j4"], ["j3", "j2"], ["j1"]]);
    assert.deepEqual(await pages(store, { sort: "oldest" }, 3), [["j1", "j2", "j3"], ["j4", "j5"]]);
    const byPriority = [["j2", "j5"], ["j4", "j1"], ["j3"]];
    assert.deepEqual(await pages(store, { sort: "priority" }, 2), byPriority);
    assert.deepEqual(await pages(store, { sort: "priority", state: "pending" }, 2), byPriority);
    assert.deepEqual(await pages(store, { sort: "priority", queue: "default" }, 5), [byPriority.flat()]);
  });

  test("list() finds what is rare among many, page by page and without a gap, by text and by time", async (store) => {
    const jobs = Array.from({ length: 26_000 }, (_, n) =>
      newJob({
        command: n % 5000 === 0 ? `rare ${n}` : "common",
        queue: n % 2 === 0 ? "even" : "odd",
      }));
    await store.enqueue(jobs.slice(0, 14_000), { now: T0, idFormat: "short" });
    await store.enqueue(jobs.slice(14_000), { now: T0 + 1000, idFormat: "short" });
    const rare = Array.from({ length: 6 }, (_, n) => `j${n * 5000 + 1}`);
    for (const filter of [{}, { queue: "even" }, { state: "pending" as const }]) {
      const oldest = await pages(store, { ...filter, search: "RARE", sort: "oldest" }, 2);
      assert.deepEqual(oldest, [rare.slice(0, 2), rare.slice(2, 4), rare.slice(4)]);
      const newest = await pages(store, { ...filter, search: "rare" }, 4);
      assert.deepEqual(newest.flat(), rare.toReversed());
      assert.deepEqual(newest.map(({ length }) => length), [4, 2]);
    }
    assert.deepEqual(await pages(store, { search: "rare", queue: "odd" }, 4), [[]]);
    const later = await pages(store, { search: "rare", since: T0 + 1 }, 10);
    assert.deepEqual(later, [rare.slice(3).toReversed()]);
    assert.deepEqual(await pages(store, { search: "rare", until: T0 + 1000 }, 10), [
      rare.slice(0, 3).toReversed(),
    ]);
    assert.deepEqual(
      (await pages(store, { since: T0 + 1000, sort: "oldest" }, 10_000)).flat().length,
      12_000,
    );
    assert.deepEqual(await pages(store, { since: T0 + 2000 }, 5), [[]]);
  });

  test("list() narrows by state, queue and label, and by all of them together", async (store) => {
    await enqueue(
      store,
      { queue: "a", label: "l" },
      { queue: "b", label: "l" },
      { queue: "a", runAt: T0 + 9 },
      { queue: "b", label: "m" },
      { queue: "a", label: "l", runAt: T0 + 9 },
    );
    assert.deepEqual(await pages(store, { state: "pending" }, 2), [["j4", "j2"], ["j1"]]);
    assert.deepEqual(await pages(store, { queue: "a" }, 2), [["j5", "j3"], ["j1"]]);
    assert.deepEqual(await pages(store, { label: "l" }, 2), [["j5", "j2"], ["j1"]]);
    assert.deepEqual(await pages(store, { label: "l", queue: "a" }, 9), [["j5", "j1"]]);
    assert.deepEqual(await pages(store, { state: "scheduled", queue: "a", sort: "oldest" }, 1), [["j3"], [
      "j5",
    ]]);
    assert.deepEqual(await pages(store, { state: "scheduled", queue: "a", label: "l" }, 9), [["j5"]]);
    assert.deepEqual(await pages(store, { state: "dead" }, 9), [[]]);
    assert.deepEqual(await pages(store, { queue: "none" }, 9), [[]]);
    assert.deepEqual(await pages(store, { label: "none", sort: "priority" }, 9), [[]]);
  });

  test("list() and select() find the jobs of several queues and labels, page by page, in each order", async (store) => {
    const queues = ["a", "b", "c"];
    const labels = ["l", "m", "n", null];
    const jobs = Array.from({ length: 72 }, (_, n) => ({
      id: `x${n}`,
      queue: queues[n % 3]!,
      label: labels[Math.floor(n / 3) % 4]!,
      priority: n % 5,
      ...n % 7 === 0 ? { runAt: T0 + 9 } : {},
      command: n % 2 === 0 ? "even" : "odd",
    }));
    await enqueue(store, ...jobs);
    const wanted = { queues: ["a", "c"], labels: ["l", "n"] };
    const filters: Partial<JobFilter>[] = [
      { queues: wanted.queues },
      { labels: wanted.labels },
      wanted,
      { ...wanted, state: "pending" },
      { queues: wanted.queues, state: "scheduled" },
      { ...wanted, search: "EVEN" },
      { queues: ["a", "none"], search: "odd", since: T0 },
      { labels: ["none", "m"], queue: "b" },
    ];
    for (const filter of filters) {
      const expected = jobs.filter(({ queue, label, runAt, command }) =>
        (filter.queues?.includes(queue) ?? (filter.queue ?? queue) === queue) &&
        (filter.labels?.includes(label!) ?? true) &&
        (filter.state ?? (runAt ? "scheduled" : "pending")) === (runAt ? "scheduled" : "pending") &&
        (filter.search?.toLowerCase() ?? command) === command
      );
      const of = JSON.stringify(filter);
      const ids = expected.map(({ id }) => id);
      assert.ok(ids.length > 3, of);
      assert.deepEqual((await pages(store, { ...filter, sort: "oldest" }, 3)).flat(), ids, of);
      assert.deepEqual((await pages(store, filter, 4)).flat(), ids.toReversed(), of);
      const byPriority = expected.toSorted((a, b) => a.priority - b.priority).map(({ id }) => id);
      assert.deepEqual((await pages(store, { ...filter, sort: "priority" }, 5)).flat(), byPriority, of);
      const { seqs } = await store.select(filter, { verb: "hold" });
      assert.deepEqual(await store.idsOf(seqs), ids, of);
    }
    const selection = await store.select(wanted, { verb: "delete" });
    assert.equal((await store.change(selection, { now: T0 })).done, 24);
    assert.deepEqual(await pages(store, wanted, 9), [[]]);
    assert.deepEqual(await store.countLabels(["none", "m", "l"], 100), [0, 18, 6]);
    assert.deepEqual(await store.countLabels(["m"], 5), [5]);
  });

  test("list() and select() find the jobs of several states, page by page, in each order", async (store) => {
    const jobs = Array.from({ length: 60 }, (_, n) => ({
      ...{ id: `x${n}`, queue: `q${n % 4}`, priority: n % 5, label: n % 3 === 0 ? "l" : null },
      ...n % 7 === 0 ? { runAt: T0 + 9 } : {},
      command: n % 2 === 0 ? "even" : "odd",
    }));
    await enqueue(store, ...jobs);
    await store.register(newSupervisor("s"));
    await claim(store, "s", { count: 10 });
    await store.cancel(["x13", "x17", "x19", "x22"], T0);
    const now = (await store.list({ limit: 100, sort: "oldest" })).jobs;
    const filters: Partial<JobFilter>[] = [
      { states: ["processing", "scheduled"] },
      { states: ["dead", "pending", "cancelled"] },
      { states: ["cancelled", "processing"], queues: ["q0", "q1", "q3"] },
      { states: ["pending", "processing"], queue: "q0" },
      { states: ["processing", "pending"], label: "l" },
      { states: ["scheduled", "processing"], search: "EVEN" },
    ];
    for (const filter of filters) {
      const expected = now.filter(({ state, queue, label, command }) =>
        filter.states!.includes(state) &&
        (filter.queues ?? [filter.queue ?? queue]).includes(queue) &&
        (filter.label ?? label) === label &&
        (filter.search?.toLowerCase() ?? command) === command
      );
      const of = JSON.stringify(filter);
      const ids = expected.map(({ id }) => id);
      assert.ok(new Set(expected.map(({ state }) => state)).size > 1, of);
      assert.deepEqual((await pages(store, { ...filter, sort: "oldest" }, 3)).flat(), ids, of);
      assert.deepEqual((await pages(store, filter, 4)).flat(), ids.toReversed(), of);
      const byPriority = expected.toSorted((a, b) => a.priority - b.priority).map(({ id }) => id);
      assert.deepEqual((await pages(store, { ...filter, sort: "priority" }, 5)).flat(), byPriority, of);
      const waiting = expected.filter(({ state }) => state === "pending" || state === "scheduled");
      const { seqs, passedOver } = await store.select(filter, { verb: "hold" });
      assert.deepEqual(await store.idsOf(seqs), waiting.map(({ id }) => id), of);
      assert.equal(passedOver, expected.length - waiting.length, of);
    }
    const selection = await store.select({ states: ["dead", "cancelled"] }, { verb: "delete" });
    await store.retry(["x13"], { now: T0 });
    const { done, changedMeanwhile } = await store.change(selection, { now: T0 });
    assert.deepEqual([done, changedMeanwhile], [3, 1]);
  });

  test("list() gives the jobs of a state in order over very many queues, page by page", async (store) => {
    const count = 700;
    await enqueue(
      store,
      ...Array.from({ length: count }, (_, n) => ({
        queue: `q${n * 9 % 350}`,
        priority: n % 5,
        held: n % 3 === 0,
        ...(n % 11 === 0 ? { takes: "api=1" } : {}), // those stand apart
        ...(n % 4 === 0 ? { runAt: T0 + 9 } : {}),
        command: n % 100 === 50 ? "rare" : "common",
      })),
    );
    // of those that are first, some are paused, and have been passed over, and others not there any more
    await store.setQueue("q90", { paused: true });
    await store.hold(["j26"], true);
    await store.cancel(["j6"], T0);
    await store.register(newSupervisor("s"));
    assert.deepEqual((await claim(store, "s")).map(({ id }) => id), ["j36"]);
    const { jobs } = await store.list({ limit: count, sort: "oldest" });
    const pending = jobs.filter(({ state }) => state === "pending");
    const ids = (some: typeof jobs) => some.map(({ id }) => id);
    const state = "pending" as const;
    assert.deepEqual((await pages(store, { state, sort: "oldest" }, 60)).flat(), ids(pending));
    assert.deepEqual((await pages(store, { state }, 60)).flat(), ids(pending.toReversed()));
    const byPriority = pending.toSorted((a, b) => a.priority - b.priority);
    assert.deepEqual((await pages(store, { state, sort: "priority" }, 60)).flat(), ids(byPriority));
    for (const limit of [1, 2, 3, 4, 5, 8, 13]) {
      const first = await store.list({ state, sort: "priority", limit });
      assert.deepEqual([ids(first.jobs), first.cursor !== null], [ids(byPriority.slice(0, limit)), true]);
    }
    const queues = Array.from({ length: 150 }, (_, n) => `q${n}`);
    for (const some of [jobs, pending]) {
      const asked = some === pending ? { queues, state } : { queues };
      const expected = some.filter(({ queue }) => queues.includes(queue));
      assert.deepEqual((await pages(store, { ...asked, sort: "oldest" }, 90)).flat(), ids(expected));
      const byPriority = expected.toSorted((a, b) => a.priority - b.priority);
      assert.deepEqual((await pages(store, { ...asked, sort: "priority" }, 90)).flat(), ids(byPriority));
    }
    const rare = pending.filter(({ command }) => command === "rare");
    assert.notEqual(rare.length, 0);
    assert.deepEqual((await pages(store, { state, search: "rare" }, 2)).flat(), ids(rare.toReversed()));
  });

  test("list() searches commands and ids for text, and takes no character in it for more", async (store) => {
    await enqueue(store, { command: "echo 100%" }, { command: "echo 100 a_b" }, { id: "my-report" }, {});
    assert.deepEqual(await pages(store, { search: "100%" }, 9), [["j1"]]);
    assert.deepEqual(await pages(store, { search: "a_b" }, 9), [["j2"]]);
    assert.deepEqual(await pages(store, { search: "_" }, 9), [["j2"]]);
    assert.deepEqual(await pages(store, { search: "\\" }, 9), [[]]);
    assert.deepEqual(await pages(store, { search: "report" }, 9), [["my-report"]]);
    assert.deepEqual(await pages(store, { search: "j4" }, 9), [["j4"]]);
    assert.deepEqual(await pages(store, { search: "echo", state: "pending" }, 1), [["j2"], ["j1"]]);
  });

  test("a cursor goes on where its page ended, whatever was enqueued or removed meanwhile", async (store) => {
    await enqueue(store, {}, {}, {}, {});
    const { cursor } = await store.list({ limit: 2 });
    await enqueue(store, {});
    await store.delete(["j3"]);
    const { jobs } = await store.list({ limit: 2, cursor: cursor! });
    assert.deepEqual(jobs.map(({ id }) => id), ["j2", "j1"]);
  });

  test("a cursor that is none, or of another order, is bad input", async (store) => {
    for (
      const cursor of ["", "x", "newest", "newest_x", "newest_1_2", "oldest_1", "newest_1e99", "newest_"]
    ) {
      await assert.rejects(store.list({ limit: 2, cursor }), { name: "BadInput" }, cursor);
    }
  });

  test("ahead() counts the pending jobs that go first, and stops at the limit", async (store) => {
    await enqueue(store, {}, { priority: 1 }, {}, { held: true }, { queue: "b" }, { queue: "p" });
    await store.setQueue("p", { paused: true });
    assert.equal(await store.ahead("j1", { queues: null, limit: 10 }), 0);
    assert.equal(await store.ahead("j3", { queues: null, limit: 10 }), 1);
    assert.equal(await store.ahead("j2", { queues: null, limit: 10 }), 3);
    assert.equal(await store.ahead("j2", { queues: null, limit: 2 }), 2);
    assert.equal(await store.ahead("j6", { queues: null, limit: 10 }), 3);
    assert.equal(await store.ahead("j6", { queues: ["b", "p"], limit: 10 }), 1);
    assert.equal(await store.ahead("nope", { queues: null, limit: 10 }), 0);
    await enqueue(store, ...Array.from({ length: 30 }, (_, n) => ({ queue: `q${n}` })));
    await store.cancel(["j7", "j9", "j11"], T0);
    assert.equal(await store.ahead("j36", { queues: null, limit: 29 }), 29);
    assert.equal(await store.ahead("j36", { queues: null, limit: 40 }), 29);
  });
}
