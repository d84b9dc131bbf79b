/**
 * @module
 * What every store must do. How attempts end, and what comes too late.
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
import { bytes, type Test } from "./suite.ts";

/** How attempts end, and what comes too late. */
export function settling(test: Test): void {
  test("a settled attempt says how it ended, and so does its job", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const [job] = await claim(store, "s");
    const ended = failure(job!.token, { signal: "SIGKILL", exitCode: null, error: "killed by SIGKILL" });
    await settle(store, "s", ended);
    const after = (await store.get("j1"))!;
    assert.deepEqual(
      [
        after.state,
        after.runAt,
        after.exitCode,
        after.signal,
        after.error,
        after.finishedAt,
        after.startedAt,
      ],
      ["failed", T0 + 3000, null, "SIGKILL", "killed by SIGKILL", T0 + 1000, T0],
    );
    const [attempt] = await store.attempts("j1");
    assert.deepEqual(
      [attempt!.outcome, attempt!.exitCode, attempt!.signal, attempt!.error, attempt!.finishedAt],
      ["failed", null, "SIGKILL", "killed by SIGKILL", T0 + 1000],
    );
  });

  for (const settled of [1, 20]) {
    test(`an attempt has the CPU time that was settled with it, or none where nobody knows it: ${settled} at a time`, async (store) => {
      await store.register(newSupervisor("s"));
      const ids = await enqueue(store, ...Array.from({ length: settled }, () => ({})));
      const claimed = await claim(store, "s", { count: settled });
      const used = (n: number) => [1230, 0, null, undefined][n % 4];
      assert.equal((await store.attempts(ids[0]!))[0]!.cpuMs, null, "it runs");
      const settlements = claimed.map(({ token }, n) => {
        const cpuMs = used(n);
        return settlement(token, cpuMs === undefined ? {} : { cpuMs });
      });
      await settle(store, "s", ...settlements);
      const stored = await Promise.all(ids.map(async (id) => (await store.attempts(id))[0]!.cpuMs));
      assert.deepEqual(stored, ids.map((_, n) => used(n) ?? null));
    });
  }

  test("a failed job is claimed again when it is due, as its next attempt", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const [first] = await claim(store, "s");
    await settle(store, "s", failure(first!.token));
    assert.deepEqual(await claim(store, "s", { now: T0 + 2999 }), []);
    const [second] = await claim(store, "s", { now: T0 + 3000 });
    assert.deepEqual(
      [second!.attempts, second!.lastAttempt, second!.error, second!.exitCode, second!.finishedAt],
      [2, 2, null, null, null],
    );
    assert.deepEqual((await store.attempts("j1")).map(({ attempt }) => attempt), [1, 2]);
  });

  test("settle() of an attempt that was settled before changes nothing and is refused", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await settle(store, "s", settlement(token));
    const before = await store.get("j1");
    assert.deepEqual((await settle(store, "s", death(token))).refused, [token]);
    assert.deepEqual(await store.get("j1"), before);
  });

  test("settle() by another supervisor, or of an unknown token, changes nothing and is refused", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const output = [{
      token: "nobody's",
      pieces: [{ stream: "stdout" as const, start: 0, bytes: bytes("x") }],
    }];
    const settlements = [settlement(token), settlement("nobody's")];
    const { refused } = await store.exchange(exchangeOf("t", { settlements, output }));
    assert.deepEqual(refused.toSorted(), ["nobody's", token].toSorted());
    assert.deepEqual(await store.states(["j1"]), ["processing"]);
  });

  test("an old attempt's token does not settle the next attempt", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await settle(store, "s", failure(token));
    await claim(store, "s", { now: T0 + 3000 });
    assert.deepEqual((await settle(store, "s", settlement(token))).refused, [token]);
    assert.deepEqual(await store.states(["j1"]), ["processing"]);
  });

  test("a released attempt is not counted, and its job is pending again", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await settle(store, "s", settlement(token, { outcome: "released", exitCode: null, state: "pending" }));
    const job = (await store.get("j1"))!;
    assert.deepEqual([job.state, job.attempts, job.lastAttempt], ["pending", 0, 1]);
    assert.equal((await store.attempts("j1"))[0]!.outcome, "released");
    const [again] = await claim(store, "s");
    assert.deepEqual([again!.attempts, again!.lastAttempt], [1, 2]);
  });

  test("an attempt that began later than it was claimed says when", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await settle(store, "s", settlement(token, { startedAt: T0 + 300 }));
    assert.equal((await store.get("j1"))!.startedAt, T0 + 300);
    assert.equal((await store.attempts("j1"))[0]!.startedAt, T0 + 300);
  });

  test("an attempt that never began leaves everything as it was before its claim", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {}, {});
    const never = { outcome: "unstarted", exitCode: null, state: "pending" } as const;
    const fresh = await store.get("j1");
    const [first, second] = await claim(store, "s", { count: 2 });
    await settle(store, "s", settlement(first!.token, never), failure(second!.token));
    assert.deepEqual(await store.get("j1"), fresh);
    assert.deepEqual(await store.attempts("j1"), []);

    const failed = (await store.get("j2"))!;
    const again = (await claim(store, "s", { count: 3, now: T0 + 3000 })).find(({ id }) => id === "j2")!;
    await settle(store, "s", settlement(again.token, never));
    assert.deepEqual(await store.get("j2"), { ...failed, state: "pending" });
    assert.equal((await store.attempts("j2")).length, 1);
    const [total] = await store.figures({ span: "total" });
    assert.deepEqual([total!.figures.started, total!.figures.waitMs.count], [1, 1]);
  });

  test("an attempt that never began brings back no error from before its job was retried", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    await settle(store, "s", death((await claimOne(store, "s")).token));
    await store.retry(["j1"], { now: T0 + 2000 });
    const fresh = (await store.get("j1"))!;
    assert.deepEqual([fresh.error, fresh.exitCode, fresh.finishedAt], [null, null, null]);
    const { token } = await claimOne(store, "s", T0 + 3000);
    const never = settlement(token, { outcome: "unstarted", exitCode: null, state: "pending" });
    await settle(store, "s", never);
    assert.deepEqual(await store.get("j1"), fresh);
    assert.equal((await store.attempts("j1")).length, 1);
  });

  test("an attempt that never began and was called off leaves a cancelled job", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await store.cancel(["j1"], T0);
    const never = settlement(token, { outcome: "unstarted", exitCode: null, state: "pending" });
    assert.deepEqual((await settle(store, "s", never, never)).refused, [token]);
    const job = (await store.get("j1"))!;
    assert.deepEqual(
      [job.state, job.attempts, job.lastAttempt, job.finishedAt, job.cancelRequested],
      ["cancelled", 0, 0, T0 + 1000, false],
    );
  });

  test("a job that was asked to be cancelled ends cancelled unless it completed", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {}, {}, {});
    const claimed = await claim(store, "s", { count: 4 });
    const [completed, failed, dead, released] = claimed.map(({ token }) => token);
    assert.deepEqual(await store.cancel(["j1", "j2", "j3", "j4"], T0), { cancelled: 0, requested: 4 });
    assert.deepEqual(
      (await store.orders("s")).cancels.toSorted(),
      claimed.map(({ token }) => token).toSorted(),
    );
    await settle(
      store,
      "s",
      settlement(completed!),
      failure(failed!),
      death(dead!),
      settlement(released!, { outcome: "released", state: "pending" }),
    );
    assert.deepEqual(
      await store.states(["j1", "j2", "j3", "j4"]),
      ["completed", "cancelled", "cancelled", "cancelled"],
    );
    assert.equal((await store.get("j2"))!.cancelRequested, false);
    assert.deepEqual((await store.orders("s")).cancels, []);
    assert.equal((await store.attempts("j2"))[0]!.outcome, "failed");
  });
}
