/**
 * @module
 * What every store must do. What attempts say of themselves, and what a job says of its attempts to come.
 */
import assert from "node:assert/strict";
import type { AttemptSaid } from "../../src/store/contract.ts";
import { LARGEST_RESULT } from "../../src/domain/job.ts";
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

/** What attempts say. */
export function saying(test: Test): void {
  test("what a job says of its attempts comes with the claim, and to whoever takes over", async (store) => {
    await store.register(newSupervisor("s"));
    const policy = {
      retryOn: "75,SIGSEGV",
      noRetryOn: "2",
      backoff: "5s,30s",
      idleTimeoutMs: 60_000,
      maxWaitMs: 3_600_000,
    };
    await enqueue(store, policy, {});
    const [first] = await claim(store, "s");
    const [second] = await claim(store, "s");
    const nothing = Object.fromEntries(Object.keys(policy).map((key) => [key, null]));
    const part = (job: object) =>
      Object.fromEntries(Object.entries(job).filter(([key]) => Object.hasOwn(policy, key)));
    assert.deepEqual(part(first!), policy);
    assert.deepEqual(part(second!), nothing);
    await store.register(newSupervisor("heir"));
    await store.takeOver("s", "heir");
    const running = await store.running("heir");
    assert.deepEqual(running.map(({ job }) => part(job)), [policy, nothing]);
  });

  test("edit changes what is said of it and leaves the rest", async (store) => {
    await enqueue(store, { retryOn: "75", backoff: "5s" }, {});
    await store.edit("j1", { backoff: null, idleTimeoutMs: 1000 }, T0);
    const [one, other] = [await store.edit("j1", { priority: 3 }, T0), (await store.get("j2"))!];
    assert.deepEqual([one.retryOn, one.backoff, one.idleTimeoutMs], ["75", null, 1000]);
    const bare = await store.edit("j1", { retryOn: null, idleTimeoutMs: null }, T0);
    assert.deepEqual({ ...bare, id: "", seq: 0, priority: 0 }, { ...other, id: "", seq: 0, priority: 0 });
  });

  test("how far an attempt is shows with its job while it runs, and stays with the attempt", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {});
    const { token } = await claimOne(store, "s");
    const say = (said: Omit<AttemptSaid, "token">) =>
      store.exchange(exchangeOf("s", { said: [{ token, ...said }] }));
    assert.equal((await store.get("j1"))!.progress, null);
    await say({ progress: { percent: 12.5, text: "step 1" }, note: "two lines made no sense" });
    await say({ progress: { percent: null, text: "step é" } });
    assert.deepEqual((await store.get("j1"))!.progress, { percent: null, text: "step é" });
    const listed = await store.list({ limit: 9, sort: "oldest" });
    assert.deepEqual(listed.jobs.map(({ progress }) => progress), [{ percent: null, text: "step é" }, null]);
    assert.deepEqual((await store.list({ limit: 9, state: "processing" })).jobs[0]!.progress, {
      percent: null,
      text: "step é",
    });
    await settle(store, "s", failure(token));
    assert.equal((await store.get("j1"))!.progress, null);
    const [attempt] = await store.attempts("j1");
    assert.deepEqual(attempt!.progress, { percent: null, text: "step é" });
    assert.equal(attempt!.note, "two lines made no sense");
    assert.equal(attempt!.resultSize, null);
  });

  test("what an attempt was seen to take shows with its job while it runs, and its most stays with the attempt", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const say = (said: Omit<AttemptSaid, "token">) =>
      store.exchange(exchangeOf("s", { said: [{ token, ...said }] }));
    assert.equal((await store.get("j1"))!.usage, null);
    await say({ usage: { memory: 3_000_000_000, peakMemory: 5_000_000_000, cpuMs: 10 } });
    await say({ progress: { percent: 12.5, text: null } });
    const seen = { memory: 7, peakMemory: 9, cpuMs: 20 };
    await say({ usage: seen });
    const { usage, progress } = (await store.get("j1"))!;
    assert.deepEqual([usage, progress], [{ ...seen, peakMemory: 5_000_000_000 }, {
      percent: 12.5,
      text: null,
    }]);
    assert.deepEqual((await store.list({ limit: 9, state: "processing" })).jobs[0]!.usage, usage);
    await settle(store, "s", failure(token));
    assert.equal((await store.get("j1"))!.usage, null);
    assert.deepEqual((await store.attempts("j1"))[0]!.usage, usage);
    await say({ usage: { memory: 1, peakMemory: 2 ** 40, cpuMs: 30 } });
    assert.deepEqual((await store.attempts("j1"))[0]!.usage, usage, "nobody says anything of what has ended");
  });

  test("a result is kept with its attempt, byte for byte", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const result = new Uint8Array(LARGEST_RESULT).map((_, at) => at % 256);
    const first = await claimOne(store, "s");
    await store.exchange(exchangeOf("s", {
      said: [{ token: first.token, result }],
      settlements: [failure(first.token)],
    }));
    const [second] = await claim(store, "s", { now: T0 + 3000 });
    await store.exchange(exchangeOf("s", {
      said: [{ token: second!.token, result: bytes("") }],
      settlements: [settlement(second!.token)],
    }));
    assert.deepEqual(new Uint8Array((await store.result("j1", 1))!), result);
    assert.equal((await store.result("j1", 2))!.length, 0);
    assert.equal(await store.result("j1", 3), undefined);
    assert.equal(await store.result("j9", 1), undefined);
    assert.deepEqual((await store.attempts("j1")).map(({ resultSize }) => resultSize), [LARGEST_RESULT, 0]);
    await store.delete(["j1"]);
    assert.equal(await store.result("j1", 1), undefined);
  });

  test("a checkpoint comes with every further claim until it is taken away", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const next = async (now: number, said: Partial<AttemptSaid>) => {
      const [job] = await claim(store, "s", { now });
      const { token } = job!;
      await store.exchange(exchangeOf("s", {
        now,
        said: [{ token, ...said }],
        settlements: [death(token)],
      }));
      await store.retry(["j1"], { now });
      const { checkpoint } = job!;
      return checkpoint && new TextDecoder().decode(checkpoint);
    };
    assert.equal(await next(T0, { checkpoint: bytes("one") }), undefined);
    assert.equal((await store.get("j1"))!.checkpointSize, 3);
    assert.equal(await next(T0 + 1, {}), "one");
    assert.equal(await next(T0 + 2, { checkpoint: bytes("three") }), "one");
    assert.equal(await next(T0 + 3, { checkpoint: null }), "three");
    assert.equal((await store.get("j1"))!.checkpointSize, null);
    assert.equal(await next(T0 + 4, {}), undefined);
  });

  test("a job that puts itself off is scheduled, uncounted, and known to do so", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const first = await claimOne(store, "s");
    await store.exchange(exchangeOf("s", {
      said: [{ token: first.token, snoozedSince: T0 }],
      settlements: [
        settlement(first.token, { outcome: "snoozed", exitCode: 75, state: "scheduled", runAt: T0 + 9000 }),
      ],
    }));
    const after = (await store.get("j1"))!;
    assert.deepEqual(
      [after.state, after.runAt, after.attempts, after.lastAttempt, after.snoozedSince],
      ["scheduled", T0 + 9000, 0, 1, T0],
    );
    assert.deepEqual(await claim(store, "s", { now: T0 + 8999 }), []);
    const [second] = await claim(store, "s", { now: T0 + 9000 });
    assert.deepEqual([second!.attempts, second!.lastAttempt, second!.snoozedSince], [1, 2, T0]);
    await store.exchange(exchangeOf("s", {
      said: [{ token: second!.token, snoozedSince: null }],
      settlements: [death(second!.token)],
    }));
    assert.equal((await store.get("j1"))!.snoozedSince, null);
    const [figures] = await store.figures({ span: "total", queue: null });
    assert.deepEqual([figures!.figures.snoozed, figures!.figures.runMs.count], [1, 1]);
  });

  test("a job that was called off while it put itself off is cancelled; retry forgets that it did", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {});
    const snooze = async () => {
      const { token, id } = await claimOne(store, "s");
      return {
        id,
        end: () =>
          store.exchange(exchangeOf("s", {
            said: [{ token, snoozedSince: T0 }],
            settlements: [settlement(token, { outcome: "snoozed", state: "scheduled", runAt: T0 + 9000 })],
          })),
      };
    };
    const [one, other] = [await snooze(), await snooze()];
    await store.cancel([one.id], T0);
    await one.end();
    await other.end();
    assert.deepEqual(await store.states([one.id, other.id]), ["cancelled", "scheduled"]);
    await store.cancel([other.id], T0);
    await store.retry([other.id], { now: T0 });
    assert.equal((await store.get(other.id))!.snoozedSince, null);
  });

  test("of attempts that are another's by now nothing is heard", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("heir"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await store.takeOver("s", "heir");
    const all = { progress: { percent: 1, text: null }, result: bytes("r"), checkpoint: bytes("c") };
    await store.exchange(exchangeOf("s", { said: [{ token, ...all, snoozedSince: T0 }] }));
    await store.exchange(exchangeOf("s", { said: [{ token: "none", ...all }] }));
    const { progress, checkpointSize, snoozedSince } = (await store.get("j1"))!;
    assert.deepEqual([progress, checkpointSize, snoozedSince], [null, null, null]);
    assert.equal(await store.result("j1", 1), undefined);
  });
}
