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
    };
    assert.deepEqual(await store.workers(), [
      { id: "w1", slots: 2, queues: ["a", "default"], running: ["j1", "x"], ...common },
      { id: "w2", slots: 1, queues: null, running: [], ...common },
    ]);
    await store.unregister(["w2"]);
    assert.deepEqual((await store.workers()).map(({ id }) => id), ["w1"]);
  });

  test("requestStop() reaches the worker named, or all, through orders()", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    assert.deepEqual(await store.requestStop({ worker: "s-worker", now: T0, endAt: null }), ["s-worker"]);
    assert.deepEqual((await store.orders("s")).stops, [{ worker: "s-worker", endAt: null }]);
    assert.deepEqual((await store.orders("t")).stops, []);
    assert.deepEqual((await store.workers()).map(({ stopping }) => stopping), [true, false]);
    assert.deepEqual(await store.requestStop({ now: T0, endAt: T0 + 5 }), ["s-worker", "t-worker"]);
    assert.deepEqual((await store.orders("t")).stops, [{ worker: "t-worker", endAt: T0 + 5 }]);
    await assert.rejects(store.requestStop({ worker: "nobody", now: T0, endAt: null }), { name: "Refused" });
  });

  test("a lease is renewed while it lasts, and never after", async (store) => {
    await store.register(newSupervisor("s", { leaseUntil: T0 + 10 }));
    assert.equal(await store.renew("s", { now: T0 + 10, leaseUntil: T0 + 20 }), true);
    assert.equal((await store.workers())[0]!.leaseUntil, T0 + 20);
    assert.equal(await store.renew("s", { now: T0 + 21, leaseUntil: T0 + 40 }), false);
    assert.equal(await store.renew("nobody", { now: T0, leaseUntil: T0 + 40 }), false);
    assert.deepEqual((await store.lapsed(T0 + 20)).length, 0);
    assert.deepEqual((await store.lapsed(T0 + 21)).map(({ id }) => id), ["s"]);
  });

  test("rescue() settles a lapsed supervisor's attempts in its place, and its own results come too late", async (store) => {
    await store.register(newSupervisor("s", { leaseUntil: T0 + 10, host: "h", bootId: "b" }));
    await enqueue(store, {}, {});
    const claimed = await claim(store, "s", { count: 2 });
    const lapsed = await store.lapsed(T0 + 11);
    assert.deepEqual(lapsed, [{
      id: "s",
      host: "h",
      bootId: "b",
      running: claimed.map(({ token, ...job }) => ({ token, job })),
    }]);
    const lost = claimed.map(({ token }) =>
      failure(token, { outcome: "lost", exitCode: null, error: "lost" })
    );
    assert.equal(await store.rescue("s", lost.slice(0, 1), T0 + 11), true);
    assert.deepEqual(await store.states(["j1", "j2"]), ["failed", "processing"]);
    assert.equal((await store.lapsed(T0 + 11))[0]!.running.length, 1);
    assert.equal(await store.rescue("s", lost, T0 + 11), true);
    assert.deepEqual(await store.lapsed(T0 + 11), []);
    assert.deepEqual(await store.workers(), []);
    const tokens = claimed.map(({ token }) => token);
    assert.deepEqual((await settle(store, "s", ...tokens.map((token) => settlement(token)))).refused, tokens);
    assert.deepEqual(await store.states(["j1", "j2"]), ["failed", "failed"]);
  });

  test("rescue() does nothing while the lease lasts, nor for a supervisor that is gone", async (store) => {
    await store.register(newSupervisor("s", { leaseUntil: T0 + 10 }));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    assert.equal(await store.rescue("s", [failure(token)], T0 + 10), false);
    assert.equal(await store.rescue("nobody", [], T0 + 10), false);
    assert.deepEqual(await store.states(["j1"]), ["processing"]);
  });

  test("leave() removes a supervisor; one that still runs something is left to be rescued at once", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    await enqueue(store, {});
    await claim(store, "t");
    await store.leave("s");
    await store.leave("t");
    assert.deepEqual(await store.workers(), []);
    assert.deepEqual((await store.lapsed(T0)).map(({ id, running }) => [id, running.length]), [["t", 1]]);
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
    await hears("a stop", () => other.store.requestStop({ now: T0, endAt: null }));
  });
}
