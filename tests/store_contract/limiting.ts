/**
 * @module
 * What every store must do: limits, what jobs take of them, and things that hosts have.
 */
import assert from "node:assert/strict";
import type { Rate } from "../../src/domain/limit.ts";
import type { NewJob } from "../../src/domain/job.ts";
import type { ClaimedJob, Exchange, NewSupervisor, Store } from "../../src/store/contract.ts";
import {
  claim,
  enqueue,
  exchangeOf,
  failure,
  newJob,
  newSupervisor,
  settle,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import type { Test } from "./suite.ts";

const rate = (count: number, perMs: number, smooth = false): Rate => ({ count, perMs, smooth });

/** Registers supervisors with plenty of slots. */
async function register(store: Store, ...ids: string[]): Promise<void> {
  for (const id of ids) await store.register(roomy(id));
}

function roomy(id: string, changes: Partial<NewSupervisor> = {}): NewSupervisor {
  return newSupervisor(id, { workers: [{ id: `${id}-worker`, slots: 100, queues: null }], ...changes });
}

/** The ids of what is claimed. */
async function claimed(
  store: Store,
  supervisor = "s",
  { count = 20, now = T0, ...more }: { count?: number; now?: number } & Partial<Exchange> = {},
): Promise<string[]> {
  return (await take(store, supervisor, { count, now, ...more })).map(({ id }) => id);
}

async function take(
  store: Store,
  supervisor = "s",
  { count = 20, now = T0, ...more }: { count?: number; now?: number } & Partial<Exchange> = {},
): Promise<ClaimedJob[]> {
  const free = Array.from({ length: count }, () => `${supervisor}-worker`);
  const jobs: ClaimedJob[] = [];
  for (;;) {
    const exchanged = await store.exchange(exchangeOf(supervisor, { free, now, ...more }));
    jobs.push(...exchanged.claimed);
    free.splice(0, exchanged.claimed.reduce((sum, { slots }) => sum + (slots ?? 1), 0));
    if (exchanged.nextDueAt === null || exchanged.nextDueAt > now || free.length === 0) return jobs;
  }
}

const finish = (store: Store, jobs: readonly ClaimedJob[], supervisor = "s") =>
  settle(store, supervisor, ...jobs.map(({ token }) => settlement(token)));

/** So many jobs that are alike, with these ids. */
const several = (ids: readonly string[], job: Partial<NewJob>): Partial<NewJob>[] =>
  ids.map((id) => ({ ...job, id }));

export function limiting(test: Test): void {
  test("a limit lets no more run at once than it says, over all queues and supervisors", async (store) => {
    await register(store, "s", "t");
    await store.setLimit("api", { atOnce: 3 });
    await enqueue(
      store,
      ...[1, 2, 3, 4, 5].map((n) => ({ id: `a${n}`, queue: `q${n % 2}`, takes: "api=1" })),
      { id: "plain" },
    );
    const first = await take(store, "s", { count: 2 });
    assert.deepEqual(first.map(({ id }) => id), ["a1", "a2"]);
    assert.deepEqual(await claimed(store, "t"), ["a3", "plain"]);
    const { used, waiting, atOnce } = (await store.limit("api", T0))!;
    assert.deepEqual({ used, waiting, atOnce }, { used: 3, waiting: 2, atOnce: 3 });
    assert.deepEqual(await claimed(store, "t"), []);
    await finish(store, first.slice(0, 1));
    assert.deepEqual(await claimed(store, "t"), ["a4"]);
    await finish(store, first.slice(1));
    assert.deepEqual(await claimed(store, "s"), ["a5"]);
    assert.equal((await store.limit("api", T0))!.waiting, 0);
  });

  test("whatever becomes of jobs whose attempts end at once, each gives back what it took", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 20 });
    await enqueue(
      store,
      ...several(["done", "too", "failed", "released", "unstarted", "cancelled"], { takes: "api=2" }),
      ...several(["other", "on"], { takes: "api=1,db=1" }),
    );
    await store.setLimit("db", { atOnce: 5 });
    const jobs = await take(store);
    await store.cancel(["cancelled"], T0);
    const ends = {
      failed: { outcome: "failed", exitCode: 1, state: "failed", runAt: T0 + 3_600_000 },
      released: { outcome: "released", state: "pending" },
      unstarted: { outcome: "unstarted", state: "pending" },
    } as const;
    await settle(
      store,
      "s",
      ...jobs.filter(({ id }) => id !== "on").map(({ id, token }) =>
        settlement(token, id in ends ? ends[id as keyof typeof ends] : {})
      ),
    );
    const used = async () =>
      (await Promise.all(["api", "db"].map((name) => store.limit(name, T0)))).map((it) => it!.used);
    assert.deepEqual([await used(), await store.recount()], [[1, 1], []]);
    assert.deepEqual(await claimed(store), ["released", "unstarted"]);
    assert.deepEqual([await used(), await store.recount()], [[5, 1], []]);
  });

  test("what finds no room in a limit lets nothing that comes after it take of that limit, and everything else", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 3 });
    await enqueue(
      store,
      { id: "two", takes: "api=2" },
      { id: "three", takes: "api=3" },
      { id: "one", takes: "api=1" },
      { id: "db", takes: "db=1" },
      { id: "plain" },
    );
    await store.setLimit("db", { atOnce: 1 });
    const [two] = await take(store);
    assert.deepEqual([two!.id, (await store.limit("api", T0))!.used], ["two", 2]);
    assert.deepEqual((await store.list({ limit: 9, state: "processing" })).jobs.map(({ id }) => id).sort(), [
      "db",
      "plain",
      "two",
    ]);
    await finish(store, [two!]);
    const [three, ...more] = await take(store);
    assert.deepEqual([three!.id, more], ["three", []]);
    await finish(store, [three!]);
    assert.deepEqual(await claimed(store), ["one"]);
  });

  test("what comes first at a limit is more urgent, then older, wherever it waits", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 1 });
    await enqueue(
      store,
      { id: "a", takes: "api=1" },
      { id: "b", takes: "api=1", queue: "other" },
      { id: "c", takes: "api=1,none-such=1" },
    );
    const [a] = await take(store);
    await enqueue(store, { id: "urgent", takes: "api=1", queue: "third", priority: -1 }, {
      id: "d",
      takes: "api=1",
    });
    assert.deepEqual(await claimed(store), []);
    for (const [before, next] of [[a!, "urgent"], [undefined, "b"], [undefined, "d"]] as const) {
      const running = before ?? (await store.running("s"))[0]!.job;
      await finish(store, [running]);
      assert.deepEqual(await claimed(store), [next]);
    }
  });

  test("what waits for two limits gets them, however many take of one of them alone", async (store) => {
    await register(store, "s");
    await store.setLimit("a", { atOnce: 1 });
    await store.setLimit("b", { atOnce: 1 });
    await enqueue(store, { takes: "a=1" }, { takes: "b=1" }, { id: "both", takes: "a=1,b=1" });
    await enqueue(store, ...Array.from({ length: 40 }, (_, n) => ({ takes: n % 2 ? "a=1" : "b=1" })));
    let running = await take(store);
    assert.equal(running.length, 2);
    let ends = 0;
    for (; ends < 20 && !running.some(({ id }) => id === "both"); ends++) {
      const ending = running.splice(ends % running.length, 1);
      await finish(store, ending);
      running = [...running, ...await take(store)];
    }
    assert.ok(ends <= 8, `it started after ${ends} others had ended`);
  });

  test("no span of a rate's time has more starts than it says, and the store tells when there is room", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { rate: rate(3, 10_000) });
    await enqueue(store, ...several(["a", "b", "c", "d", "e", "f"], { takes: "api=1" }));
    assert.deepEqual(await claimed(store, "s", { count: 2 }), ["a", "b"]);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 4000 }), ["c"]);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 9999 }), []);
    const { nextDueAt } = await store.exchange(
      exchangeOf("s", { now: T0 + 9999, free: ["s-worker"] }),
    );
    assert.equal(nextDueAt, T0 + 10_000);
    const { started, freeAt } = (await store.limit("api", T0 + 9999))!;
    assert.deepEqual({ started, freeAt }, { started: 3, freeAt: T0 + 10_000 });
    assert.deepEqual(await claimed(store, "s", { now: T0 + 10_000 }), ["d", "e"]);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 13_999 }), []);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 14_000 }), ["f"]);
  });

  test("a start that never came about is given back to its rate", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { rate: rate(1, 10_000) });
    await enqueue(store, ...several(["a", "b"], { takes: "api=1" }));
    const [a] = await take(store);
    assert.deepEqual(await claimed(store), []);
    await settle(store, "s", settlement(a!.token, { outcome: "unstarted", state: "pending" }));
    assert.equal((await store.limit("api", T0))!.started, 0);
    assert.deepEqual(await claimed(store), ["a"]);
  });

  test("an even rate spaces its starts", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { rate: rate(10, 10_000, true) });
    await enqueue(store, ...several(["a", "b", "c"], { takes: "api=1" }));
    assert.deepEqual(await claimed(store), ["a"]);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 900 }), []);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 1000 }), ["b"]);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 1500 }), []);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 2000 }), ["c"]);
  });

  test("a queue's jobs take what the queue says, besides their own, also those that wait already", async (store) => {
    await register(store, "s");
    await enqueue(store, ...several(["a", "b", "c"], { queue: "q" }), {
      id: "own",
      queue: "q",
      takes: "api=2",
    });
    const [a] = await take(store, "s", { count: 1 });
    await store.setLimit("api", { atOnce: 3 });
    await store.setQueue("q", { takes: "api=1" });
    assert.equal((await store.limit("api", T0))!.used, 1, "what runs is counted");
    assert.deepEqual(await claimed(store), ["b", "c"]);
    await finish(store, [a!]);
    assert.deepEqual(await claimed(store), []);
    for (const { job } of await store.running("s")) await finish(store, [job]);
    assert.deepEqual(await claimed(store), ["own"]);
    assert.equal((await store.limit("api", T0))!.used, 3);
    assert.equal((await store.queue("q"))!.takes, "api=1");
    await store.setQueue("q", { takes: null });
    assert.equal((await store.limit("api", T0))!.used, 2);
  });

  test("a queue bounds how many of one label run at once; those without one count together", async (store) => {
    await register(store, "s");
    await enqueue(
      store,
      ...["x", "x", "y", null, null, "x"].map((label, n) => ({ id: `j-${n}`, queue: "q", label })),
    );
    const [first] = await take(store, "s", { count: 1 });
    await store.setQueue("q", { perLabel: 1 });
    assert.deepEqual(await claimed(store), ["j-2", "j-3"]);
    await finish(store, [first!]);
    assert.deepEqual(await claimed(store), ["j-1"]);
    await store.setQueue("q", { perLabel: 2 });
    assert.deepEqual(await claimed(store), ["j-4", "j-5"]);
    await store.setQueue("q", { perLabel: null });
    await enqueue(store, ...Array.from({ length: 3 }, () => ({ queue: "q", label: "x" })));
    assert.equal((await claimed(store)).length, 3);
  });

  test("a queue has a rate of its own", async (store) => {
    await register(store, "s");
    await store.setQueue("q", { rate: rate(2, 60_000) });
    await enqueue(store, ...several(["a", "b", "c"], { queue: "q" }), { id: "other" });
    assert.deepEqual(await claimed(store), ["a", "b", "other"]);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 59_999 }), []);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 60_000 }), ["c"]);
    assert.deepEqual((await store.queue("q"))!.rate, rate(2, 60_000));
  });

  test("a queue's concurrency and pause hold for what takes of limits, too", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 9 });
    await store.setQueue("q", { concurrency: 2 });
    await enqueue(store, { id: "plain", queue: "q" }, ...several(["a", "b"], { queue: "q", takes: "api=1" }));
    const [plain] = await take(store);
    assert.deepEqual((await store.queue("q"))!.counts.processing, 2);
    await finish(store, [plain!]);
    await store.setQueue("q", { paused: true });
    assert.deepEqual(await claimed(store), []);
    await store.setQueue("q", { paused: false });
    assert.deepEqual(await claimed(store), ["b"]);
  });

  test("a fair queue serves the label that was served longest ago, within a priority", async (store) => {
    await register(store, "s");
    await store.setQueue("q", { fair: true });
    const jobs = ["x", "x", "x", "y", "y", "z"].map((label, n) => ({
      id: `${label}${n}`,
      label,
      queue: "q",
    }));
    await enqueue(store, ...jobs, { id: "urgent", label: "x", queue: "q", priority: -1 });
    assert.deepEqual(await claimed(store, "s", { count: 2 }), ["urgent", "y3"]);
    assert.deepEqual(await claimed(store, "s", { count: 3 }), ["z5", "x0", "y4"]);
    await enqueue(store, { id: "new", label: "n", queue: "q" });
    assert.deepEqual(await claimed(store), ["new", "x1", "x2"]);
  });

  test("when a fair queue has its turn among queues is as without it", async (store) => {
    await register(store, "s");
    await store.setQueue("q", { fair: true });
    await enqueue(
      store,
      { id: "a", queue: "q", label: "x" },
      { id: "b" },
      { id: "c", queue: "q", label: "x" },
      { id: "d", queue: "q", label: "y" },
    );
    assert.deepEqual(await claimed(store), ["a", "b", "d", "c"]);
  });

  test("in a fair queue, who comes first takes what there is room for, though another's turn comes before", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 3 });
    await store.setQueue("q", { fair: true });
    const x = { queue: "q", label: "x", takes: "api=1" };
    await enqueue(store, { ...x, id: "a" });
    const first = await take(store);
    await enqueue(
      store,
      { ...x, id: "b" },
      { queue: "q", label: "y", takes: "api=3", id: "large" },
      { ...x, id: "later" },
      { queue: "other", takes: "api=1", id: "after" },
    );
    const next = await take(store);
    assert.deepEqual(next.map(({ id }) => id), ["b"]);
    assert.deepEqual(await store.recount(), []);
    await finish(store, [...first, ...next]);
    assert.deepEqual(await claimed(store), ["large"]);
  });

  for (const [what, takes] of [["", null], [", of a limit, too", "api=1"]] as const) {
    test(`of a queue with aging, who has waited long comes before more urgent ones${what}`, async (store) => {
      await register(store, "s");
      await store.setLimit("api", { atOnce: 10 });
      const at = (now: number, id: string, job: Partial<NewJob>) =>
        store.enqueue([newJob({ id, takes, ...job })], { now, idFormat: "short" });
      for (const queue of ["q", "r"]) {
        await at(T0, `low-${queue}`, { queue, priority: 5 });
        await at(T0 + 4000, `early-${queue}`, { queue });
        await at(T0 + 6000, `late-${queue}`, { queue });
      }
      await store.setQueue("q", { agingMs: 1000 });
      assert.equal((await store.queue("q"))!.agingMs, 1000);
      const inTurn = async (queue: string) => {
        const ids: string[] = [];
        for (const second of [6, 7, 8]) {
          ids.push(...await claimed(store, "s", { count: 1, now: T0 + second * 1000, queues: [queue] }));
        }
        return ids;
      };
      assert.deepEqual(await inTurn("q"), ["early-q", "low-q", "late-q"]);
      assert.deepEqual(await inTurn("r"), ["early-r", "late-r", "low-r"]);
      await store.setQueue("q", { agingMs: null });
    });
  }

  test("a thing goes only to supervisors that have it, unit by unit", async (store) => {
    await register(store, "s");
    await store.register(roomy("g", { has: new Map([["gpu", 2], ["ffmpeg", 1]]) }));
    assert.deepEqual(
      (await store.workers()).map(({ has }) => Object.fromEntries(has)),
      [{ ffmpeg: 1, gpu: 2 }, {}],
    );
    await enqueue(
      store,
      ...several(["a", "b", "c"], { takes: "gpu=1" }),
      { id: "wide", takes: "gpu=2" },
      { id: "film", takes: "ffmpeg=1,gpu=1" },
      { id: "plain" },
    );
    assert.deepEqual(await claimed(store, "s"), ["plain"]);
    const [a, b, ...more] = await take(store, "g");
    assert.deepEqual([a!.id, a!.units, b!.id, b!.units, more], ["a", { gpu: [0] }, "b", { gpu: [1] }, []]);
    await finish(store, [a!], "g");
    const [c] = await take(store, "g");
    assert.deepEqual([c!.id, c!.units], ["c", { gpu: [0] }]);
    await finish(store, [b!], "g");
    assert.deepEqual(await claimed(store, "g"), []);
    await finish(store, [c!], "g");
    const [wide] = await take(store, "g");
    assert.deepEqual([wide!.id, wide!.units], ["wide", { gpu: [0, 1] }]);
    await finish(store, [wide!], "g");
    assert.deepEqual((await take(store, "g"))[0]!.units, { ffmpeg: [0], gpu: [0] });
  });

  test("a name that is neither a limit nor a thing keeps its job waiting, and nothing else", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 1 });
    await enqueue(store, { id: "a", takes: "none-such=1" }, { id: "b", takes: "api=1,none-such=1" }, {
      id: "c",
      takes: "api=1",
    });
    assert.deepEqual(await claimed(store), ["c"]);
    await store.setLimit("none-such", { atOnce: 5 });
    assert.deepEqual(await claimed(store), ["a"]);
    await store.register(roomy("g", { has: new Map([["other", 1]]) }));
    await enqueue(store, { id: "d", takes: "other=1" });
    await store.setLimit("other", { atOnce: 1 });
    assert.deepEqual(await claimed(store), [], "it is a limit and a thing");
    assert.deepEqual(await claimed(store, "g"), ["d"]);
  });

  test("units of a thing stay with what is taken over", async (store) => {
    const has = new Map([["gpu", 2]]);
    await store.register(roomy("old", { has }));
    await enqueue(store, ...several(["a", "b", "c"], { takes: "gpu=1" }));
    const [a] = await take(store, "old", { count: 1 });
    await store.register(roomy("new", { has }));
    assert.deepEqual(await store.takeOver("old", "new"), [a!.token]);
    assert.deepEqual((await store.running("new"))[0]!.job.units, { gpu: [0] });
    const [b, ...more] = await take(store, "new");
    assert.deepEqual([b!.id, b!.units, more], ["b", { gpu: [1] }, []]);
  });

  test("what is used is what runs, whoever has it, and however it ends", async (store) => {
    await register(store, "s", "t");
    await store.setLimit("api", { atOnce: 10 });
    await enqueue(store, ...several(["a", "b", "c", "d", "e"], { takes: "api=2" }));
    const used = async () => (await store.limit("api", T0))!.used;
    const [a, b, c, d, e] = await take(store);
    assert.equal(await used(), 10);
    await store.takeOver("s", "t");
    assert.equal(await used(), 10);
    const ends = [
      settlement(a!.token, { outcome: "failed", state: "failed", exitCode: 1, runAt: T0 + 5000 }),
      settlement(b!.token, { outcome: "unstarted", state: "pending" }),
      settlement(c!.token, { outcome: "released", state: "pending" }),
      settlement(d!.token, { outcome: "failed", state: "dead", exitCode: 1 }),
    ];
    for (const [nth, end] of ends.entries()) {
      await settle(store, "t", end);
      assert.equal(await used(), 8 - 2 * nth);
    }
    await store.cancel(["e"], T0);
    await settle(store, "t", settlement(e!.token, { outcome: "cancelled", state: "cancelled" }));
    assert.equal(await used(), 0);
    await store.retry(["d", "e"], { now: T0 });
    await store.delete(["c"]);
    await store.edit("b", { takes: "api=5" }, T0);
    assert.deepEqual((await claimed(store, "t", { now: T0 + 5000 })).sort(), ["a", "b", "d"]);
    assert.equal(await used(), 9);
    await store.edit("e", { takes: null }, T0);
    assert.deepEqual(await claimed(store, "t"), ["e"]);
  });

  test("when a queue goes by other rules, its job that was first at a limit keeps no room from others", async (store) => {
    await register(store, "s");
    await store.setLimit("a", { atOnce: 3 });
    await enqueue(store, ...several(["runs", "runs too"], { takes: "a=1" }));
    assert.equal((await claimed(store)).length, 2);
    await enqueue(store, { id: "first", queue: "q", takes: "a=2" }, { id: "next", takes: "a=1" });
    assert.deepEqual(await claimed(store), []);
    await store.setQueue("q", { perLabel: 2 });
    assert.deepEqual(await store.recount(), []);
    await store.delete(["first"]);
    assert.deepEqual(await claimed(store), ["next"]);
  });

  test("jobs that come back from where a queue's rules had them are not forgotten by who claims meanwhile", async (store) => {
    await register(store, "s");
    const back = (job: ClaimedJob) =>
      settle(store, "s", settlement(job.token, { outcome: "unstarted", state: "pending" }));
    await store.setLimit("b", { atOnce: 3 });
    await enqueue(store, ...several(["late", "held"], { queue: "p", priority: 1 }));
    await store.hold(["held"], true);
    await enqueue(store, ...several(["ended"], { queue: "p", priority: 1 }));
    await enqueue(store, ...several(["one", "two"], { queue: "p" }), { queue: "q", priority: 1 });
    const [one] = await take(store, "s", { count: 1 });
    const [two] = await take(store, "s", { count: 1 });
    const [late, ended] = await take(store, "s", { count: 3 });
    assert.deepEqual([one, two, late, ended].map((job) => job?.id), ["one", "two", "late", "ended"]);
    await finish(store, [ended!]);
    await enqueue(store, ...several(["three", "four"], { queue: "p" }));
    await store.setQueue("p", { rate: rate(2, 1000) });
    await enqueue(store, { id: "other", queue: "q", takes: "b=2" });
    const [three] = await take(store, "s", { count: 1 });
    await finish(store, [three!]);
    await back(late!);
    await take(store, "s", { count: 1 });
    await settle(store, "s", failure(one!.token, { runAt: T0 + 100 }));
    await back(two!);
    await store.setQueue("p", { rate: null });
    const free = ["s-worker", "s-worker"];
    const ids = (await store.exchange(exchangeOf("s", { free, now: T0 }))).claimed.map(({ id }) => id);
    assert.deepEqual(await store.recount(), []);
    ids.push(...await claimed(store));
    assert.deepEqual(ids.sort(), ["late", "one", "other", "two"]);
  });

  for (
    const [how, leave] of Object.entries({
      "called off": (store: Store, id: string) => store.cancel([id], T0),
      held: (store: Store, id: string) => store.hold([id], true),
      deleted: (store: Store, id: string) => store.delete([id]),
      "edited to take less": (store: Store, id: string) => store.edit(id, { takes: "other=1" }, T0),
      "edited to come later": (store: Store, id: string) => store.edit(id, { priority: 9 }, T0),
      "put off": (store: Store, id: string) => store.edit(id, { runAt: T0 + 60_000 }, T0),
    })
  ) {
    test(`when a job is ${how} that wants more than there is, those behind it have their turn`, async (store) => {
      await register(store, "s");
      await store.setLimit("a", { atOnce: 3 });
      await enqueue(store, { takes: "a=2" });
      assert.equal((await claimed(store)).length, 1);
      await enqueue(store, { id: "first", takes: "a=2" }, { id: "behind", takes: "a=1" });
      assert.deepEqual(await claimed(store), []);
      await leave(store, "first");
      assert.deepEqual((await claimed(store)).filter((id) => id !== "first"), ["behind"]);
    });
  }

  test("who comes first takes what was kept for one behind it that waits for something else, too", async (store) => {
    await register(store, "s");
    await store.setLimit("b", { atOnce: 3 });
    await store.setQueue("q", { perLabel: 1 });
    await enqueue(store, { id: "first", queue: "q", takes: "b=3" }, { queue: "q", label: "y" });
    const [first, labelled] = await take(store);
    await enqueue(store, { id: "behind", queue: "q", takes: "b=3", label: "y" });
    await settle(store, "s", failure(first!.token, { runAt: T0 + 60_000 }));
    assert.deepEqual(await claimed(store), []);
    await finish(store, [labelled!]);
    const [again] = await take(store, "s", { now: T0 + 60_000 });
    assert.equal(again?.id, "first");
    await finish(store, [again!]);
    assert.deepEqual(await claimed(store, "s", { now: T0 + 60_000 }), ["behind"]);
  });

  test("held, called off and edited jobs keep no room from others", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 3 });
    await enqueue(store, { id: "a", takes: "api=2" }, ...several(["b", "c", "d"], { takes: "api=3" }), {
      id: "last",
      takes: "api=1",
    });
    const [a] = await take(store);
    assert.deepEqual(await claimed(store), []);
    await store.hold(["b"], true);
    await store.cancel(["c"], T0);
    await store.edit("d", { queue: "elsewhere", takes: "other=1" }, T0);
    await finish(store, [a!]);
    assert.deepEqual(await claimed(store), ["last"]);
    await store.hold(["b"], false);
    assert.deepEqual(await claimed(store), []);
  });

  test("a job of several slots takes as many, and what comes after it waits for it", async (store) => {
    await store.register(newSupervisor("s", { workers: [{ id: "s-worker", slots: 4, queues: null }] }));
    await enqueue(store, { id: "a" }, { id: "heavy", slots: 3 }, { id: "b" }, { id: "huge", slots: 5 }, {
      id: "c",
    });
    assert.deepEqual(await claimed(store, "s", { count: 3 }), ["a"]);
    const jobs = await take(store, "s", { count: 4 });
    assert.deepEqual(jobs.map(({ id }) => id), ["heavy", "b"]);
    assert.deepEqual(await claimed(store, "s", { count: 4 }), ["c"], "nothing waits for what fits nowhere");
    assert.equal((await store.get("heavy"))!.slots, 3);
  });

  test("what takes anything is never given ahead", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 9 });
    await enqueue(store, { id: "a", takes: "api=1" }, { id: "b" }, { id: "c", takes: "api=1" }, { id: "d" });
    assert.deepEqual(await claimed(store, "s", { count: 4, ahead: 2 }), ["a", "b"]);
    assert.deepEqual(await claimed(store, "s", { count: 4, ahead: 3 }), ["c", "d"]);
  });

  test("a limit that is lowered lets nothing new in before it is under its bound; removed, it bounds nothing", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 3 });
    await enqueue(store, ...several(["a", "b", "c", "d", "e"], { takes: "api=1" }));
    const [a, b, c] = await take(store);
    await store.setLimit("api", { atOnce: 1 });
    await finish(store, [a!, b!]);
    assert.deepEqual(await claimed(store), []);
    await finish(store, [c!]);
    assert.deepEqual(await claimed(store), ["d"]);
    await store.setLimit("api", { rate: rate(100, 60_000) });
    assert.deepEqual((await store.limit("api", T0))!.atOnce, 1, "what is left out stays");
    await store.setLimit("api", { atOnce: null });
    assert.deepEqual(await claimed(store), ["e"]);
    await assert.rejects(store.setLimit("api", { rate: null }), {
      message: 'Cannot take away all that limit "api" says: remove it instead',
    });
    await store.removeLimit("api");
    assert.deepEqual(await store.limits(T0), []);
    await assert.rejects(store.removeLimit("api"), {
      message: 'Cannot remove limit "api": there is none of that name',
    });
  });

  test("a job that takes more than there ever is waits, and lets others by", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 2 });
    await enqueue(store, { id: "a", takes: "api=3" }, { id: "b", takes: "api=1" });
    assert.deepEqual(await claimed(store), ["b"]);
    await store.setLimit("api", { atOnce: 4 });
    assert.deepEqual(await claimed(store), ["a"]);
  });

  test("very many jobs at once take of limits as one does, and very many that wait learn of a queue's rules", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 2 });
    await enqueue(
      store,
      ...Array.from({ length: 1500 }, (_, n) => ({ queue: "q", takes: n % 3 === 0 ? "api=1" : null })),
    );
    const ids = await claimed(store, "s", { count: 10 });
    assert.deepEqual(ids, ["j1", "j2", "j3", "j4", "j5", "j6", "j8", "j9", "j11", "j12"]);
    await store.setQueue("q", { perLabel: 12 });
    const more = await claimed(store, "s", { count: 10 });
    assert.ok(more[0] === "j14" && more.length <= 2, `${more}`); // one may be kept for the first that waits for api
    assert.equal((await store.limit("api", T0))!.waiting, 498);
  });

  test("very many jobs come among those that take the same, in the order of all", async (store) => {
    const room: Record<string, number> = { "a=1": 2, "b=1": 3, "c=1": 1 };
    for (const [takes, atOnce] of Object.entries(room)) await store.setLimit(takes[0]!, { atOnce });
    await register(store, "s");
    const few = ["a=1", "a=1", "a=1", "a=1", "b=1"].map((takes) => ({ takes, priority: 0 }));
    const many = Array.from({ length: 1100 }, (_, n) => ({
      takes: ["a=1", "b=1", "c=1", "a=1"][n % 4]!,
      priority: n % 5 - 2,
      held: n % 7 === 0,
      runAt: n % 11 === 0 ? T0 + 500_000 : null,
    }));
    const ids = await enqueue(store, ...few);
    let running = await take(store); // so there are lanes: one where jobs wait for room, and one that will be empty
    assert.deepEqual(running.map(({ id }) => id), ["j1", "j2", "j5"]);
    ids.push(...await enqueue(store, ...many));
    const jobs = [...few.map((job) => ({ ...job, held: false, runAt: null })), ...many]
      .map((job, n) => ({ ...job, id: ids[n]! }));
    const done = new Set(running.map(({ id }) => id));
    const waiting = jobs.filter(({ id, held, runAt }) => !held && runAt === null && !done.has(id))
      .sort((one, other) => one.priority - other.priority); // of the same, as they came
    for (let round = 0; round < 12; round++) {
      await finish(store, running);
      const next = waiting.filter(({ id, takes }) =>
        waiting.filter((job) => job.takes === takes).slice(0, room[takes]).some((job) => job.id === id)
      );
      running = await take(store);
      assert.deepEqual(running.map(({ id }) => id), next.map(({ id }) => id), `round ${round}`);
      for (const job of next) waiting.splice(waiting.indexOf(job), 1);
    }
  });

  test("very many jobs of a fair queue come among those that wait for their turn, and all are run", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 30 });
    await store.setQueue("q", { perLabel: 8, fair: true });
    const job = (n: number) => ({ queue: "q", label: `l${n % 5}`, takes: "api=1" });
    await enqueue(store, ...Array.from({ length: 20 }, (_, n) => job(n)));
    await finish(store, await take(store)); // their lanes are there, and empty
    await enqueue(store, ...Array.from({ length: 1200 }, (_, n) => job(n)));
    assert.deepEqual(await store.recount(), []);
    let ended = 0;
    for (let running: ClaimedJob[]; (running = await take(store, "s", { count: 40 })).length > 0;) {
      assert.ok(running.length <= 30);
      await finish(store, running);
      ended += running.length;
    }
    assert.equal(ended, 1200);
  });

  test("of very many jobs, one that comes before who waits for more room than there is starts at once", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 3 });
    await enqueue(store, { id: "a", takes: "api=1" }, { id: "b", takes: "api=3" }, {
      id: "c",
      takes: "api=1",
    });
    assert.deepEqual(await claimed(store), ["a"]);
    const others = Array.from({ length: 1100 }, () => ({ held: true }));
    await enqueue(store, ...others, { id: "d", takes: "api=1", priority: -1 });
    assert.deepEqual(await claimed(store), ["d"]);
  });

  test("very many jobs of one label are claimed one after the other", async (store) => {
    await register(store, "s");
    await store.setQueue("q", { perLabel: 9 });
    await enqueue(store, ...Array.from({ length: 700 }, () => ({ queue: "q", label: "x" })));
    let ended = 0;
    for (let jobs = await take(store); jobs.length > 0; jobs = await take(store)) {
      assert.ok(jobs.length <= 9);
      await finish(store, jobs);
      ended += jobs.length;
    }
    assert.equal(ended, 700);
  });

  test("who waits for a limit is counted, whoever says that it is taken, before and after a claim", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 0 });
    await store.setQueue("q", { takes: "api=1" });
    await enqueue(
      store,
      { takes: "api=2" },
      { queue: "q" },
      { queue: "q", slots: 2 },
      { queue: "q", takes: "other=1" },
      { takes: "api=1", held: true },
      { queue: "q", held: true },
      {},
      { takes: "other=1" },
    );
    const waiting = async () => (await store.limit("api", T0))!.waiting;
    assert.equal(await waiting(), 4);
    assert.equal((await take(store)).length, 1);
    assert.equal(await waiting(), 4);
  });

  test("limits come in pages, by name", async (store) => {
    for (const name of ["b", "a", "c"]) await store.setLimit(name, { atOnce: 1 });
    assert.deepEqual((await store.limits(T0)).map(({ name }) => name), ["a", "b", "c"]);
    assert.deepEqual((await store.limits(T0, { after: "a", limit: 1 })).map(({ name }) => name), ["b"]);
    await assert.rejects(store.setLimit("d", {}), {
      message: 'Cannot set limit "d" without a bound: say how many at once, or a rate',
    });
  });

  test("the store tells what a job waits for, and when there is room", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 2 });
    await store.setLimit("web", { rate: rate(1, 60_000) });
    await store.setQueue("q", { perLabel: 1 });
    await enqueue(
      store,
      { id: "a", takes: "api=2" },
      { id: "b", takes: "web=1" },
      { id: "c", queue: "q", label: "x" },
      { id: "w", takes: "api=1,web=1" },
      { id: "l", queue: "q", label: "x" },
      { id: "n", takes: "none-such=2" },
      { id: "s", slots: 1000 },
    );
    assert.equal((await claimed(store, "s", { count: 3 })).length, 3);
    const nothing = { rate: null, freeAt: null, others: false };
    assert.deepEqual(await store.shortages("w", T0 + 1000), [
      { ...nothing, of: "limit", name: "api", takes: 1, used: 2, capacity: 2 },
      {
        ...nothing,
        ...{ of: "limit", name: "web", takes: 1, used: 1, capacity: null },
        rate: rate(1, 60_000),
        freeAt: T0 + 60_000,
      },
    ]);
    assert.deepEqual(await store.shortages("l", T0), [
      { ...nothing, of: "label", name: "x", takes: 1, used: 1, capacity: 1 },
    ]);
    assert.deepEqual(await store.shortages("n", T0), [
      { ...nothing, of: "unknown", name: "none-such", takes: 2, used: 0, capacity: 0 },
    ]);
    assert.deepEqual(await store.shortages("s", T0), [
      { ...nothing, of: "slots", name: "", takes: 1000, used: 0, capacity: 100 },
    ]);
    assert.deepEqual(await store.shortages("a", T0), []);
  });

  test("what waits for a limit is waited for, and looked at again by each exchange", async (store) => {
    await register(store, "s");
    await store.setLimit("api", { atOnce: 1 });
    await enqueue(store, ...several(["a", "b"], { takes: "api=1" }));
    const [a] = await take(store);
    const { waiting } = await store.exchange(exchangeOf("s", { free: ["s-worker"] }));
    assert.equal(waiting, true);
    assert.equal(await store.ahead("b", { queues: null, limit: 10 }), 0);
    const { claimed: next } = await store.exchange(
      exchangeOf("s", { settlements: [settlement(a!.token)], free: ["s-worker"] }),
    );
    assert.deepEqual(next.map(({ id }) => id), ["b"]);
    assert.equal((await claim(store, "s")).length, 0);
  });
}
