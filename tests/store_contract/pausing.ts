/**
 * @module
 * What every store must do. Jobs that stand still.
 */
import assert from "node:assert/strict";
import {
  claim,
  claimOne,
  death,
  enqueue,
  exchangeOf,
  failure,
  newSupervisor,
  settle,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import type { Test } from "./suite.ts";

const AT = { now: T0 + 100, running: true };

/** Jobs that stand still. */
export function pausing(test: Test): void {
  test("pause() holds what waits and tells the supervisor of what runs; resume() undoes both", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {}, {});
    const { token } = await claimOne(store, "s");
    assert.deepEqual(await store.pause(["j1", "j2"], AT), { waiting: 1, running: 1 });
    assert.deepEqual((await store.orders("s")).pauses, [{ token, since: T0 + 100 }]);
    const [one, other] = [await store.get("j1"), await store.get("j2")];
    assert.deepEqual([one!.state, one!.pausedAt, one!.held], ["processing", T0 + 100, false]);
    assert.deepEqual([other!.state, other!.pausedAt, other!.held], ["pending", null, true]);
    assert.deepEqual((await store.workers())[0]!.paused, ["j1"]);
    assert.equal((await store.running("s"))[0]!.job.pausedAt, T0 + 100);

    await store.pause(["j1"], { ...AT, now: T0 + 150 });
    assert.equal((await store.get("j1"))!.pausedAt, T0 + 100, "it stands still since then");

    assert.deepEqual(await store.resume(["j1", "j2", "j3"], T0 + 400), { waiting: 2, running: 1 });
    assert.deepEqual((await store.orders("s")).pauses, []);
    assert.equal((await store.get("j1"))!.pausedAt, null);
    assert.equal((await store.get("j2"))!.held, false);
    assert.equal((await store.running("s"))[0]!.pausedMs, 300);
    await store.pause(["j1"], { ...AT, now: T0 + 500 });
    await settle(store, "s", settlement(token, { finishedAt: T0 + 1000 }));
    const [attempt] = await store.attempts("j1");
    assert.deepEqual([attempt!.pausedMs, attempt!.unstopped], [800, null], "both pauses");
    assert.equal((await store.get("j1"))!.pausedAt, null);
    assert.deepEqual((await store.workers())[0]!.paused, []);
  });

  test("a pause that was over at once still shows, so that whoever adopts the attempt lets it go on", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    await claimOne(store, "s");
    await store.pause(["j1"], AT);
    await store.resume(["j1"], AT.now);
    assert.ok((await store.running("s"))[0]!.pausedMs > 0);
  });

  test("pause() and resume() refuse what has ended, and pause() what runs where it cannot be stopped, and change nothing", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { priority: -1 }, {}, {});
    await claimOne(store, "s");
    await store.cancel(["j3"], T0);
    const refuses = async (done: Promise<unknown>, message: RegExp) =>
      await assert.rejects(done, { name: "Refused", message });
    await refuses(store.pause(["j2", "j3"], AT), /^Cannot pause job "j3": it is cancelled$/);
    await refuses(store.resume(["j3"], T0), /^Cannot resume job "j3": it is cancelled$/);
    await refuses(
      store.pause(["j2", "j1"], { ...AT, running: false }),
      /^Cannot pause job "j1": .*processing/,
    );
    await assert.rejects(store.pause(["j9"], AT), { name: "NoSuch" });
    assert.equal((await store.get("j2"))!.held, false);
    assert.equal((await store.get("j1"))!.pausedAt, null);
  });

  test("a paused attempt that ends leaves its job held where that waits, whatever the reason; not when it is called off", async (store) => {
    await store.register(newSupervisor("s"));
    const ids = ["failed", "released", "unstarted", "dead", "completed", "cancelled"];
    await enqueue(store, ...ids.map((id) => ({ id })));
    const claimed = await claim(store, "s", { count: ids.length });
    await store.pause(ids, AT);
    await store.cancel(["cancelled"], T0 + 200);
    const [failed, released, unstarted, dead, completed, cancelled] = claimed.map(({ token }) => token);
    const back = { state: "pending", exitCode: null } as const;
    const { refused } = await settle(
      store,
      "s",
      failure(failed!),
      settlement(released!, { ...back, outcome: "released" }),
      settlement(unstarted!, { ...back, outcome: "unstarted" }),
      death(dead!),
      settlement(completed!),
      settlement(cancelled!, { ...back, outcome: "unstarted" }),
    );
    assert.deepEqual(refused, []);
    const jobs = await Promise.all(ids.map((id) => store.get(id)));
    assert.deepEqual(jobs.map((job) => [job!.state, job!.held, job!.pausedAt]), [
      ["failed", true, null],
      ["pending", true, null],
      ["pending", true, null],
      ["dead", false, null],
      ["completed", false, null],
      ["cancelled", false, null],
    ]);
    assert.deepEqual(await claim(store, "s", { count: 9, now: T0 + 9000 }), []);
    await store.resume(["failed", "released", "unstarted"], T0 + 9000);
    assert.equal((await claim(store, "s", { count: 9, now: T0 + 9000 })).length, 3);
  });

  test("notePaused() is taken from the supervisor whose attempt it is, for the wish that lasts", async (store) => {
    for (const id of ["s", "t"]) await store.register(newSupervisor(id));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await store.pause(["j1"], AT);
    const unstopped = async () => (await store.attempts("j1"))[0]!.unstopped;
    await store.notePaused("t", [{ token, since: AT.now, unstopped: 1 }]);
    await store.notePaused("s", [{ token, since: AT.now - 1, unstopped: 1 }]);
    assert.equal(await unstopped(), null);
    await store.notePaused("s", [{ token, since: AT.now, unstopped: 1 }]);
    assert.equal(await unstopped(), 1);
    await store.resume(["j1"], T0 + 200);
    assert.equal(await unstopped(), null);
    await store.notePaused("s", [{ token, since: AT.now, unstopped: 0 }]);
    assert.equal(await unstopped(), null, "it came too late");
  });

  test("a paused attempt changes hands as it is", async (store) => {
    for (const id of ["s", "t"]) await store.register(newSupervisor(id));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await store.pause(["j1"], AT);
    await store.takeOver("s", "t");
    assert.deepEqual((await store.orders("t")).pauses, [{ token, since: AT.now }]);
    await store.exchange(exchangeOf("t", { settlements: [settlement(token)] }));
    assert.equal((await store.get("j1"))!.state, "completed");
  });
}
