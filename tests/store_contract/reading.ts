/**
 * @module
 * What every store must do. What jobs read on their stdin.
 */
import assert from "node:assert/strict";
import {
  claim,
  claimOne,
  enqueue,
  exchangeOf,
  failure,
  newJob,
  newSupervisor,
  prune,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { bytes, type Test } from "./suite.ts";

const ODD = Uint8Array.from({ length: 70_000 }, (_, n) => n * 7 % 256);

/** What jobs read on their stdin. */
export function reading(test: Test): void {
  test("what a job reads is kept byte for byte, and claimed with it", async (store) => {
    await enqueue(store, { stdin: ODD }, {}, { stdin: new Uint8Array() });
    const sizes = await Promise.all(["j1", "j2", "j3"].map(async (id) => (await store.get(id))!.stdinSize));
    assert.deepEqual(sizes, [ODD.length, null, 0]);
    assert.deepEqual(await store.stdin("j1"), ODD);
    assert.equal(await store.stdin("j2"), undefined);
    assert.deepEqual(await store.stdin("j3"), new Uint8Array());
    assert.equal(await store.stdin("gone"), undefined);
    await store.register(newSupervisor("s"));
    const claimed = await claim(store, "s", { count: 3 });
    assert.deepEqual(claimed.map(({ stdin }) => stdin), [ODD, undefined, new Uint8Array()]);
  });

  test("every attempt of a job gets all of what it reads, also after retry()", async (store) => {
    await enqueue(store, { stdin: ODD });
    await store.register(newSupervisor("s"));
    const first = await claimOne(store, "s");
    await store.exchange(exchangeOf("s", { settlements: [failure(first.token, { runAt: T0 + 1 })] }));
    const second = (await claim(store, "s", { now: T0 + 2000 }))[0]!;
    assert.deepEqual(second.stdin, ODD);
    await store.exchange(exchangeOf("s", { settlements: [settlement(second.token)] }));
    await store.retry(["j1"], { now: T0 + 3000 });
    assert.deepEqual((await claim(store, "s", { now: T0 + 3000 }))[0]!.stdin, ODD);
  });

  test("what a job reads goes with it, and with no other", async (store) => {
    await enqueue(store, { stdin: bytes("one") }, { stdin: bytes("two") });
    await store.delete(["j1"]);
    assert.deepEqual([await store.stdin("j1"), await store.stdin("j2")], [undefined, bytes("two")]);
    await store.cancel(["j2"], T0);
    assert.equal(await prune(store, T0 + 1), 1);
    assert.equal(await store.stdin("j2"), undefined);
  });

  test("of very many jobs, each has what it is to read", async (store) => {
    const jobs = Array.from(
      { length: 1500 },
      (_, n) => newJob(n % 3 === 0 ? {} : { stdin: bytes(n < 750 ? "the same" : `number ${n}\0`) }),
    );
    const ids = await store.enqueue(jobs, { now: T0, idFormat: "short" });
    for (const n of [0, 1, 2, 749, 751, 752, 1499]) {
      assert.deepEqual(await store.stdin(ids[n]!), jobs[n]!.stdin, ids[n]);
      assert.equal((await store.get(ids[n]!))!.stdinSize, jobs[n]!.stdin?.length ?? null);
    }
  });

  test("a job that was taken over is watched without what it reads", async (store) => {
    await enqueue(store, { stdin: bytes("one") });
    await store.register(newSupervisor("s"));
    await claimOne(store, "s");
    const [running] = await store.running("s");
    assert.deepEqual([running!.job.stdinSize, running!.job.stdin], [3, undefined]);
  });
}
