/**
 * @module
 * What every store must do. Supervisors, workers, orders and leases.
 */
import assert from "node:assert/strict";
import {
  claim,
  claimOne,
  enqueue,
  exchangeOf,
  failure,
  newSupervisor,
  settle,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { until } from "../helpers/until.ts";
import { closing, type Test } from "./suite.ts";

/** An attempt that was put back. */
const givenBack = (token: string) =>
  settlement(token, { outcome: "released", state: "pending", exitCode: null });

/** Supervisors, workers, orders and leases. */
export function supervising(test: Test): void {
  test("workers() tells who runs what", async (store) => {
    const workers = [{ id: "w1", slots: 2, queues: ["a", "default"] }, { id: "w2", slots: 1, queues: null }];
    await store.register(newSupervisor("s", { workers, pid: 42, host: "h" }));
    await enqueue(store, {}, { id: "x" });
    await store.exchange(exchangeOf("s", { free: ["w1", "w1"] }));
    const common = {
      supervisor: "s",
      host: "h",
      pid: 42,
      startedAt: T0,
      leaseUntil: T0 + 3_600_000,
      stopping: false,
      has: new Map(),
    };
    assert.deepEqual(await store.workers(), [
      {
        id: "w1",
        slots: 2,
        queues: ["a", "default"],
        running: ["j1", "x"],
        adopted: [],
        paused: [],
        ...common,
      },
      { id: "w2", slots: 1, queues: null, running: [], adopted: [], paused: [], ...common },
    ]);
    await store.unregister(["w2"]);
    assert.deepEqual((await store.workers()).map(({ id }) => id), ["w1"]);
  });

  test("service() tells at a glance whether a worker takes a queue's jobs", async (store) => {
    const served = () => Promise.all(["a", "b"].map((queue) => store.service(queue, T0 + 100)));
    assert.deepEqual(await served(), ["nobody", "nobody"]);
    await store.setQueue("b", { paused: true });
    assert.deepEqual(await served(), ["nobody", "unclear"]);
    const workers = [{ id: "w1", slots: 1, queues: ["a"] }];
    await store.register(newSupervisor("s", { workers, leaseUntil: T0 + 100 }));
    assert.deepEqual(await served(), ["unclear", "unclear"]);
    await store.renew("s", T0 + 101);
    await store.setQueue("b", { paused: false });
    assert.deepEqual(await served(), ["served", "unclear"]);
    await store.setQueue("a", { paused: true });
    await store.register(newSupervisor("t"));
    assert.deepEqual(await served(), ["unclear", "served"]);
    await store.setQueue("a", { paused: false, concurrency: 1 });
    assert.deepEqual(await served(), ["served", "served"]);
    await store.requestStop({ endAt: null, leave: false });
    assert.deepEqual(await served(), ["unclear", "unclear"]);
  });

  test("waiting() counts what is not held, of queues that are not paused, and tells what is due first", async (store) => {
    const later = (ms: number) => ({ runAt: T0 + ms });
    await enqueue(
      store,
      {},
      { held: true },
      later(900),
      { ...later(300), queue: "a" },
      {
        ...later(200),
        held: true,
      },
      { ...later(100), queue: "off" },
      { queue: "off" },
    );
    await store.setQueue("off", { paused: true });
    const states = ["scheduled", "failed"] as const;
    const waiting = (queues: string[] | null, some: readonly ("scheduled" | "failed")[] = states, now = T0) =>
      store.waiting({ queues, states: some, now });
    assert.deepEqual(await waiting(null), { pending: 1, later: 2, nextDueAt: T0 + 300 });
    assert.deepEqual(await waiting(["default"]), { pending: 1, later: 1, nextDueAt: T0 + 900 });
    assert.deepEqual(await waiting(["off", "none"]), { pending: 0, later: 0, nextDueAt: null });
    assert.deepEqual(await waiting(null, ["failed"]), { pending: 1, later: 0, nextDueAt: null });
    // what is due and not pending yet may belong to anybody
    assert.deepEqual(await waiting(["a"], ["failed"], T0 + 200), {
      pending: 0,
      later: 0,
      nextDueAt: T0 + 100,
    });
  });

  test("requestStop() reaches the worker named, or all, through orders()", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    const one = { worker: "s-worker", endAt: null, leave: false };
    assert.deepEqual(await store.requestStop(one), ["s-worker"]);
    assert.deepEqual((await store.orders("s")).stops, [one]);
    assert.deepEqual((await store.orders("t")).stops, []);
    assert.deepEqual((await store.workers()).map(({ stopping }) => stopping), [true, false]);
    assert.deepEqual(await store.requestStop({ endAt: T0 + 5, leave: false }), ["s-worker", "t-worker"]);
    assert.deepEqual((await store.orders("t")).stops, [{ worker: "t-worker", endAt: T0 + 5, leave: false }]);
    await store.requestStop({ endAt: null, leave: true });
    assert.deepEqual((await store.orders("t")).stops, [{ worker: "t-worker", endAt: null, leave: true }]);
    await assert.rejects(store.requestStop({ ...one, worker: "nobody" }), { name: "NoSuch" });
  });

  test("requestStop() reaches all workers of one host", async (store) => {
    for (const [id, host] of [["s", "a"], ["t", "b"], ["u", "b"]]) {
      await store.register(newSupervisor(id!, { host: host! }));
    }
    const all = { endAt: null, leave: false };
    assert.deepEqual(await store.requestStop({ ...all, host: "b" }), ["t-worker", "u-worker"]);
    assert.deepEqual((await store.orders("s")).stops, []);
    assert.equal((await store.orders("u")).stops.length, 1);
    for (const nobody of [{ host: "c" }, { host: "a", worker: "t-worker" }]) {
      await assert.rejects(store.requestStop({ ...all, ...nobody }), { name: "NoSuch" });
    }
  });

  test("a lease is renewed, however late, as long as nobody has taken over", async (store) => {
    await store.register(newSupervisor("s", { leaseUntil: T0 + 10 }));
    await store.register(newSupervisor("t"));
    assert.equal(await store.renew("s", T0 + 20), true);
    assert.equal((await store.supervisors())[0]!.leaseUntil, T0 + 20);
    assert.equal(await store.renew("nobody", T0 + 40), false);
    await store.takeOver("s", "t");
    assert.equal(await store.renew("s", T0 + 60), false);
    assert.deepEqual((await store.supervisors()).map(({ id }) => id), ["t"]);
  });

  test("successors() goes on from an id in the ring of all supervisors", async (store) => {
    for (const id of ["b", "d", "a", "c"]) await store.register(newSupervisor(id));
    const after = async (id: string, limit: number) =>
      (await store.successors(id, limit)).map((one) => one.id).join("");
    assert.deepEqual(
      [
        await after("a", 2),
        await after("c", 2),
        await after("d", 9),
        await after("bb", 3),
        await after("z", 1),
      ],
      ["bc", "da", "abc", "cda", "a"],
    );
  });

  test("supervisors() tells where each of them is", async (store) => {
    await store.register(
      newSupervisor("s", { host: "h", bootId: "b", pidNamespace: "p", leaseUntil: T0 + 10 }),
    );
    const info = { id: "s", host: "h", bootId: "b", pidNamespace: "p", leaseUntil: T0 + 10 };
    const [found, ...others] = await store.supervisors();
    assert.deepEqual([{ ...found, lapsed: undefined }, others], [{ ...info, lapsed: undefined }, []]);
    assert.notEqual(found!.lapsed, true, "T0 is far in the future");
  });

  test("takeOver() makes running attempts another's own, and the results of the one that had them come too late", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    await enqueue(store, {}, {});
    const claimed = await claim(store, "s", { count: 2 });
    const tokens = claimed.map(({ token }) => token);
    assert.deepEqual((await store.takeOver("s", "t"))?.sort(), tokens.toSorted());
    assert.deepEqual(await store.running("s"), []);
    const running = await store.running("t");
    const printed = { stdout: 0, stderr: 0 };
    assert.deepEqual(running, claimed.map((job) => ({ job, startedBy: "s", printed, pausedMs: 0 })));
    assert.deepEqual(await store.running("t", ["no-such-token", tokens[1]!]), [running[1]]);
    assert.deepEqual(await store.running("t", []), []);
    const late = await settle(store, "s", ...tokens.map((token) => settlement(token)));
    assert.deepEqual(late.refused, tokens);
    const none = await settle(store, "t", settlement(tokens[0]!), failure(tokens[1]!));
    assert.deepEqual(none.refused, []);
    assert.deepEqual(await store.states(["j1", "j2"]), ["completed", "failed"]);
    assert.deepEqual((await store.workers()).map(({ id }) => id), ["t-worker"]);
    assert.equal(await store.takeOver("s", "t"), undefined, "it is gone");
  });

  test("takeOver() of one that has another lease by now changes nothing", async (store) => {
    await store.register(newSupervisor("s", { leaseUntil: T0 + 10 }));
    await store.register(newSupervisor("t"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await store.renew("s", T0 + 20);
    assert.equal(await store.takeOver("s", "t", T0 + 10), undefined);
    assert.deepEqual((await store.running("s")).map(({ job }) => job.token), [token]);
    assert.deepEqual(await store.takeOver("s", "t", T0 + 20), [token]);
  });

  test("takeOver() by one that is not registered, or has been taken over itself, changes nothing", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    await claimOne(store, "s");
    assert.equal(await store.takeOver("s", "nobody"), undefined);
    assert.equal((await store.running("s")).length, 1);
  });

  test("a supervisor that was taken over gets no jobs, and what it prints is not stored", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    await enqueue(store, {}, {});
    const { token } = await claimOne(store, "s");
    await store.takeOver("s", "t");
    const pieces = [{ stream: "stdout" as const, start: 0, bytes: new Uint8Array([65]) }];
    const answer = await store.exchange(
      exchangeOf("s", { output: [{ token, pieces }], free: ["s-worker"] }),
    );
    assert.deepEqual([answer.claimed, answer.refused], [[], [token]]);
    assert.deepEqual(await store.output("j1", 1), []);
  });

  test("running() says who started an attempt, and how far its output is stored", async (store) => {
    for (const id of ["s", "t", "u"]) await store.register(newSupervisor(id));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const piece = { stream: "stderr" as const, start: 7, bytes: new Uint8Array([1, 2, 3]) };
    await store.exchange(exchangeOf("s", { output: [{ token, pieces: [piece] }] }));
    await store.takeOver("s", "t");
    await store.takeOver("t", "u");
    const [one] = await store.running("u");
    assert.deepEqual([one!.startedBy, one!.printed], ["s", { stdout: 0, stderr: 10 }]);
  });

  test("adopt() gives attempts to other workers and remembers who had started them", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    await enqueue(store, {}, {});
    const [one, other] = await claim(store, "s", { count: 2 });
    await store.takeOver("s", "t");
    const adoption = { token: one!.token, worker: "t-worker" };
    await store.adopt("s", [adoption]);
    assert.equal((await store.attempts("j1"))[0]!.worker, "s-worker", "it is not its own any more");
    await store.adopt("t", [adoption]);
    const [attempt] = await store.attempts("j1");
    assert.deepEqual([attempt!.worker, attempt!.adoptedFrom], ["t-worker", "s-worker"]);
    assert.equal((await store.get("j1"))!.worker, "t-worker");
    assert.deepEqual((await store.attempts("j2"))[0]!.adoptedFrom, null);
    const [worker] = await store.workers();
    assert.deepEqual([worker!.running, worker!.adopted], [["j1"], ["j1"]]);
    await store.adopt("t", [{ token: other!.token, worker: "s-worker" }]);
    assert.equal((await store.attempts("j2"))[0]!.adoptedFrom, null, "it stays with its worker");
  });

  test("adopt() by one after the other forgets neither who had started an attempt nor which worker it had first", async (store) => {
    const workers = ["a", "b"].map((id) => ({ id, slots: 1, queues: null }));
    for (const id of ["s", "t"]) await store.register(newSupervisor(id));
    await store.register(newSupervisor("u", { workers }));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const first = async (worker: string) => {
      const [attempt] = await store.attempts("j1");
      assert.equal(attempt!.worker, worker);
      return attempt!.adoptedFrom;
    };
    await store.takeOver("s", "t");
    await store.adopt("t", [{ token, worker: "t-worker" }]);
    assert.equal(await first("t-worker"), "s-worker");
    await store.takeOver("t", "u");
    for (const worker of ["a", "b"]) {
      await store.adopt("u", [{ token, worker }]);
      assert.equal(await first(worker), "s-worker");
    }
    const [attempt] = await store.running("u");
    assert.deepEqual([attempt!.startedBy, attempt!.job.worker], ["s", "b"]);
    assert.deepEqual([...await store.spools()].sort(), ["s", "u"]);
  });

  test("spools() are those of registered supervisors and of whoever started what runs", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await store.takeOver("s", "t");
    assert.deepEqual([...await store.spools()].sort(), ["s", "t"]);
    await settle(store, "t", settlement(token));
    assert.deepEqual([...await store.spools()], ["t"]);
  });

  test("leave() removes a supervisor; one that still runs something stays, to be taken over", async (store) => {
    await store.register(newSupervisor("s"));
    const workers = [{ id: "busy", slots: 1, queues: null }, { id: "idle", slots: 1, queues: null }];
    await store.register(newSupervisor("t", { workers }));
    await enqueue(store, {});
    await store.exchange(exchangeOf("t", { free: ["busy"] }));
    await store.leave("s");
    await store.leave("t");
    assert.deepEqual((await store.supervisors()).map(({ id, leaseUntil }) => [id, leaseUntil]), [["t", 0]]);
    const [left, ...others] = await store.workers();
    assert.deepEqual([left!.id, left!.leaseUntil, others], ["busy", 0, []]);
    assert.deepEqual(await store.requestStop({ endAt: null, leave: false }), [], "there is nobody to tell");
    await store.register(newSupervisor("u"));
    assert.equal((await store.takeOver("t", "u"))!.length, 1);
  });

  test("listeners that want only some kinds of changes hear of those", async (store, opened) => {
    using other = closing(await opened.another());
    await store.register(newSupervisor("s"));
    const heard = { work: 0, orders: 0, results: 0 };
    const listeners = (["work", "orders", "results"] as const).map((kind) =>
      store.listen((kinds) => kinds.includes(kind) && (heard[kind] += 1), [kind])
    );
    const hears = async (kind: keyof typeof heard, change: () => Promise<unknown>) => {
      const before = heard[kind];
      await until(`a listener for ${kind} hears of it`, async () => {
        await change(); // it may not listen yet
        return heard[kind] > before;
      });
    };
    await hears("work", () => enqueue(other.store, {}));
    await hears("orders", () => other.store.changeSettings(new Map([["lease", "5"]])));
    await hears("orders", () => other.store.requestStop({ endAt: null, leave: false }));
    await hears("results", async () => {
      await enqueue(other.store, {});
      const { token } = await claimOne(other.store, "s");
      await other.store.exchange(exchangeOf("s", { settlements: [settlement(token)] }));
    });
    await hears("work", async () => {
      const { token } = await claimOne(other.store, "s");
      await other.store.exchange(exchangeOf("s", { settlements: [givenBack(token)] }));
    });
    for (const one of listeners) one[Symbol.dispose]();
  });

  test("listeners hear of changes made through another connection", async (store, opened) => {
    using other = closing(await opened.another());
    let heard = 0;
    using _listener = store.listen(() => heard++);
    const hears = async (what: string, change: () => Promise<unknown>) => {
      const before = heard;
      await change();
      await until(`a listener hears of ${what}`, () => heard > before);
    };
    await hears("a job", () => enqueue(other.store, {}));
    await hears("a setting", () => other.store.changeSettings(new Map([["lease", "5"]])));
    await hears("a worker", () => other.store.register(newSupervisor("s")));
    await hears("a claim", () => claim(other.store, "s"));
    await hears("a wish to cancel", () => other.store.cancel(["j1"], T0));
    await hears("a take-over", async () => {
      await other.store.register(newSupervisor("t"));
      await other.store.takeOver("s", "t");
    });
    await hears("a stop", () => other.store.requestStop({ endAt: null, leave: false }));
  });
}
