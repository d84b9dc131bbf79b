/**
 * @module
 * What every store must do. Jobs with keys: who has one, when it is given up, what becomes of jobs that come meanwhile; and
 * ids that are used again.
 */
import assert from "node:assert/strict";
import type { NewJob } from "../../src/domain/job.ts";
import type { EnqueueOptions, Placed, Store } from "../../src/store/contract.ts";
import { changeAll } from "../../src/views/change_all.ts";
import {
  claim,
  claimOne,
  death,
  enqueue,
  exchangeOf,
  failure,
  newJob,
  newSupervisor,
  settle,
  settleAndTell,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { closing, type Test } from "./suite.ts";

const KEY = { uniqueKey: "k" };

/** Enqueues jobs with keys at `T0`, unless told otherwise. */
function place(
  store: Store,
  jobs: readonly Partial<NewJob>[],
  options: Partial<EnqueueOptions> = {},
): Promise<Placed[]> {
  return store.enqueueUnique(jobs.map(newJob), { now: T0, idFormat: "short", ...options });
}

/** One job with the key "k". */
async function placeOne(
  store: Store,
  changes: Partial<NewJob> = {},
  options: Partial<EnqueueOptions> = {},
): Promise<Placed> {
  return (await place(store, [{ ...KEY, ...changes }], options))[0]!;
}

async function statesOf(store: Store, ...ids: string[]): Promise<string> {
  for (let n = 0; await store.recover(); n++) assert.ok(n < 1000);
  return (await store.states(ids)).join(" ");
}

async function all(store: Store): Promise<string[]> {
  return (await store.list({ limit: 100, sort: "oldest" })).jobs.map(({ id, state }) => `${id} ${state}`);
}

/** Jobs with keys. */
export function keyed(test: Test): void {
  test("as long as a job with a key waits or runs, another is not stored, and is told which it is", async (store) => {
    await store.register(newSupervisor("s"));
    assert.deepEqual(await placeOne(store), { id: "j1", made: "new" });
    assert.deepEqual(await placeOne(store), { id: "j1", made: "kept" }, "pending");
    assert.deepEqual(await enqueue(store, KEY), ["j1"], "whoever does not ask is told the id");
    const { token } = await claimOne(store, "s");
    assert.deepEqual(await placeOne(store), { id: "j1", made: "kept" }, "processing");
    await settle(store, "s", failure(token));
    assert.deepEqual(await placeOne(store), { id: "j1", made: "kept" }, "failed, and to be tried again");
    assert.deepEqual(await placeOne(store, { uniqueKey: "other" }), { id: "j2", made: "new" });
    assert.deepEqual(await all(store), ["j1 failed", "j2 pending"]);
    assert.equal((await store.get("j1"))!.uniqueKey, "k");
  });

  test("whatever ends a job gives its key up: it completes, dies, is called off, skipped or deleted", async (store) => {
    await store.register(newSupervisor("s"));
    for (const settled of [settlement, death]) {
      await placeOne(store);
      await settle(store, "s", settled((await claimOne(store, "s")).token));
    }
    const called = await placeOne(store);
    await store.cancel([called.id], T0);
    const deleted = await placeOne(store);
    assert.equal(deleted.made, "new");
    await store.delete([deleted.id]);
    const [needed] = await enqueue(store, {});
    const skipped = await placeOne(store, { after: [needed!] });
    assert.equal(skipped.made, "new");
    await store.cancel([needed!], T0);
    assert.equal(await statesOf(store, skipped.id), "skipped");
    assert.equal((await placeOne(store)).made, "new");
  });

  test("with uniqueUntil start the key is given up by the claim, and never had again", async (store) => {
    await store.register(newSupervisor("s"));
    const until = { uniqueUntil: "start" };
    assert.deepEqual(await placeOne(store, until), { id: "j1", made: "new" });
    assert.deepEqual(await placeOne(store, until), { id: "j1", made: "kept" });
    const first = await claimOne(store, "s");
    assert.deepEqual(await placeOne(store, until), { id: "j2", made: "new" });
    await settle(store, "s", failure(first.token));
    assert.deepEqual(await placeOne(store, until), { id: "j2", made: "kept" });
    await store.cancel(["j2"], T0);
    assert.deepEqual(
      await placeOne(store, until),
      { id: "j3", made: "new" },
      "j1 waits, but was claimed before",
    );
  });

  test("a claim that is undone does not take the key from whoever has it since", async (store) => {
    await store.register(newSupervisor("s"));
    const until = { uniqueUntil: "start" };
    await placeOne(store, until);
    const { token } = await claimOne(store, "s");
    await placeOne(store, until);
    await settle(store, "s", settlement(token, { outcome: "unstarted", state: "pending", exitCode: null }));
    assert.deepEqual(await all(store), ["j1 pending", "j2 pending"]);
    assert.deepEqual(await placeOne(store, until), { id: "j2", made: "kept" });
  });

  test("with uniqueForMs a job that has ended keeps its key for as long, unless it was called off", async (store) => {
    await store.register(newSupervisor("s"));
    await placeOne(store, { uniqueForMs: 60_000 });
    await settle(store, "s", settlement((await claimOne(store, "s")).token));
    assert.deepEqual(await placeOne(store, {}, { now: T0 + 59_999 }), { id: "j1", made: "kept" });
    const next = await placeOne(store, { onConflict: "after" }, { now: T0 + 30_000 });
    assert.deepEqual(next, { id: "j2", made: "follows", after: "j1" });
    const { state, runAt } = (await store.get("j2"))!;
    assert.deepEqual([state, runAt], ["scheduled", T0 + 60_000], "it comes once the time is over");
    await store.cancel(["j2"], T0);
    const later = { now: T0 + 60_000 };
    assert.deepEqual(await placeOne(store, { uniqueForMs: 60_000 }, later), { id: "j3", made: "new" });
    await store.cancel(["j3"], T0);
    assert.deepEqual(await placeOne(store, {}, later), { id: "j4", made: "new" });
  });

  test("with onConflict after one job follows, blocked until the holder has ended, however; later ones are one with it", async (store) => {
    await store.register(newSupervisor("s"));
    const after = { onConflict: "after" };
    await placeOne(store, after);
    const { token } = await claimOne(store, "s");
    assert.deepEqual(await placeOne(store, after), { id: "j2", made: "follows", after: "j1" });
    assert.deepEqual(await placeOne(store, after), { id: "j2", made: "kept" });
    assert.deepEqual(await placeOne(store), { id: "j1", made: "kept" });
    assert.deepEqual(await claim(store, "s"), []);
    await settleAndTell(store, "s", death(token));
    assert.equal(await statesOf(store, "j1", "j2"), "dead pending");
    assert.deepEqual(await placeOne(store), { id: "j2", made: "kept" }, "it has the key now");
    await claimOne(store, "s");
    assert.deepEqual(await placeOne(store, after), { id: "j3", made: "follows", after: "j2" });
    assert.equal(await statesOf(store, "j3"), "blocked");
  });

  test("with onConflict replace a waiting job becomes the new one, under its id and in its place", async (store) => {
    const first = { command: "old", label: "a", stdin: new TextEncoder().encode("old"), maxRetries: 1 };
    await placeOne(store, { ...first, queue: "q", runAt: T0 + 5000, retryOn: "75" });
    const before = (await store.get("j1"))!;
    const replaced = await placeOne(
      store,
      {
        onConflict: "replace",
        command: "new",
        priority: -1,
        runAt: T0 + 9000,
        env: { A: "b" },
        uniqueUntil: "start",
      },
      { now: T0 + 3000 },
    );
    assert.deepEqual(replaced, { id: "j1", made: "replaced" });
    const { id, seq, createdAt } = before;
    const job = (await store.get("j1"))!;
    assert.deepEqual({ ...job }, {
      ...before,
      ...{
        id,
        seq,
        createdAt,
        state: "scheduled",
        command: "new",
        label: null,
        stdinSize: null,
        maxRetries: 3,
      },
      ...{
        priority: -1,
        runAt: T0 + 9000,
        env: { A: "b" },
        queue: "default",
        retryOn: null,
        uniqueUntil: "start",
      },
    });
    assert.equal(await store.stdin("j1"), undefined);
    await placeOne(store, { onConflict: "replace", stdin: new TextEncoder().encode("in") });
    assert.equal(await statesOf(store, "j1"), "pending");
    assert.deepEqual(await store.stdin("j1"), new TextEncoder().encode("in"));
    await store.register(newSupervisor("s"));
    assert.equal((await claimOne(store, "s")).id, "j1");
  });

  test("what runs, or was tried, is not replaced: one follows, and that is replaced", async (store) => {
    await store.register(newSupervisor("s"));
    const replace = (command: string) => placeOne(store, { onConflict: "replace", command });
    await replace("a");
    const { token } = await claimOne(store, "s");
    assert.deepEqual(await replace("b"), { id: "j2", made: "follows", after: "j1" });
    assert.deepEqual(await replace("c"), { id: "j2", made: "replaced" });
    assert.equal(await statesOf(store, "j2"), "blocked");
    await settle(store, "s", failure(token));
    assert.deepEqual(await replace("d"), { id: "j2", made: "replaced" });
    assert.deepEqual([(await store.get("j1"))!.command, (await store.get("j2"))!.command], ["a", "d"]);
    await store.cancel(["j1"], T0 + 1000);
    assert.equal(await statesOf(store, "j2"), "pending");
  });

  test("a held job that is replaced stays held; one that waits for others goes on doing so", async (store) => {
    await placeOne(store, { held: true });
    await placeOne(store, { onConflict: "replace", command: "b" });
    assert.equal((await store.get("j1"))!.held, true);
    await store.cancel(["j1"], T0);
    const [needed] = await enqueue(store, {});
    await placeOne(store, { after: [needed!] });
    assert.deepEqual(await placeOne(store, { onConflict: "replace", command: "c" }), {
      id: "j3",
      made: "replaced",
    });
    assert.equal(await statesOf(store, "j3"), "blocked");
    assert.equal((await store.get("j3"))!.command, "c");
  });

  test("however often it is replaced, atMostLateMs after the first it may start", async (store) => {
    const at = (n: number) =>
      placeOne(store, { onConflict: "replace", runAt: T0 + n + 10_000, atMostLateMs: 25_000 }, {
        now: T0 + n,
      });
    const times: (number | null)[] = [];
    for (const n of [0, 9000, 18_000, 24_000]) {
      assert.equal((await at(n)).id, "j1");
      times.push((await store.get("j1"))!.runAt);
    }
    assert.deepEqual(times, [T0 + 10_000, T0 + 19_000, T0 + 25_000, T0 + 25_000]);
  });

  test("with onConflict error the whole call is refused, and says which job it was", async (store) => {
    await placeOne(store, { id: "first" });
    await assert.rejects(place(store, [{}, { ...KEY, onConflict: "error" }]), {
      name: "KeyHeld",
      index: 1,
      exitCode: 1,
      message: 'Cannot enqueue with the key "k": job "first" has it',
    });
    assert.deepEqual(await all(store), ["first pending"]);
  });

  test("jobs that are enqueued together are in each other's way as if they came one after the other", async (store) => {
    const placed = await place(store, [
      { ...KEY, command: "a" },
      { command: "plain" },
      { ...KEY, command: "b" },
      { ...KEY, command: "c", onConflict: "after" },
      { ...KEY, command: "d", onConflict: "after" },
      { ...KEY, command: "e", onConflict: "replace" },
      { uniqueKey: "l", command: "f", onConflict: "replace", id: "l" },
      { uniqueKey: "l", command: "g", onConflict: "replace" },
      { command: "h", after: [2, "l"], afterEnded: [3] },
    ]);
    assert.deepEqual(placed, [
      { id: "j1", made: "new" },
      { id: "j2", made: "new" },
      { id: "j1", made: "kept" },
      { id: "j3", made: "follows", after: "j1" },
      { id: "j3", made: "kept" },
      { id: "j3", made: "replaced" },
      { id: "l", made: "new" },
      { id: "l", made: "replaced" },
      { id: "j5", made: "new" },
    ]);
    const { jobs } = await store.list({ limit: 9, sort: "oldest" });
    assert.deepEqual(jobs.map(({ id, command, state }) => `${id} ${command} ${state}`), [
      ...["j1 a pending", "j2 plain pending", "j3 e blocked", "l g pending", "j5 h blocked"],
    ]);
    const [needs] = await store.needs(["j5"], 9);
    assert.deepEqual(needs!.needs.map(({ id, wanting }) => `${id} ${wanting}`).sort(), [
      ...["j1 completed", "j3 ended", "l completed"],
    ]);
  });

  test("a mistake among them is named by its place, whoever is left out before it", async (store) => {
    await enqueue(store, { id: "taken" });
    await assert.rejects(place(store, [KEY, KEY, KEY, { id: "taken" }]), { name: "TakenId", index: 3 });
    await assert.rejects(place(store, [KEY, KEY, { after: ["nobody"] }]), { name: "BadNeed", index: 2 });
    assert.deepEqual(await all(store), ["taken pending"]);
  });

  test("the key is made of command, queue and directory where the job asks for that", async (store) => {
    const unique = { unique: true, command: "make", queue: "q", cwd: "/a" };
    const placed = await place(store, [
      ...[unique, { ...unique, priority: 7 }, { ...unique, command: "make all" }],
      ...[{ ...unique, queue: "r" }, { ...unique, cwd: "/b" }, unique],
    ]);
    assert.deepEqual(placed.map(({ id }) => id), ["j1", "j1", "j2", "j3", "j4", "j1"]);
    assert.match((await store.get("j1"))!.uniqueKey!, /^unique:[0-9a-f]{32}$/);
  });

  test("what has ended is not run again as long as another has its key, and has it again afterwards", async (store) => {
    await placeOne(store);
    await store.cancel(["j1"], T0);
    await placeOne(store);
    await assert.rejects(store.retry(["j1"], { now: T0 }), {
      name: "Refused",
      message: 'Cannot retry job "j1": job "j2" has its key "k"',
    });
    assert.equal(await statesOf(store, "j1"), "cancelled");
    await store.cancel(["j2"], T0);
    await store.retry(["j1"], { now: T0 });
    assert.deepEqual(await placeOne(store), { id: "j1", made: "kept" });
    await assert.rejects(store.retry(["j2"], { now: T0 }), { name: "Refused" });
  });

  test("of all that are run again by a filter, those are passed over whose keys others have", async (store) => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      ids.push((await placeOne(store, { label: "x" })).id);
      await store.cancel([ids[n]!], T0);
    }
    await enqueue(store, { label: "x", id: "plain" });
    await store.cancel(["plain"], T0);
    const changed = await changeAll(store, { which: { label: "x" }, wish: { verb: "retry" } }, { now: T0 });
    assert.deepEqual([changed.done, changed.changedMeanwhile], [2, 2]);
    assert.equal(await statesOf(store, ...ids, "plain"), "pending cancelled cancelled pending");
  });

  test("what was skipped, and what others run again, does not run while another has had the key since", async (store) => {
    await store.register(newSupervisor("s"));
    const [first] = await enqueue(store, {});
    await placeOne(store, { after: [first!] });
    await settleAndTell(store, "s", death((await claimOne(store, "s")).token));
    assert.equal(await statesOf(store, "j2"), "skipped");
    await placeOne(store);
    await store.retry([first!], { now: T0 });
    assert.equal(await statesOf(store, "j1", "j2", "j3"), "pending skipped pending");
    await store.cancel(["j1", "j3"], T0);
    await store.retry(["j1"], { now: T0, withDependents: true });
    assert.equal(await statesOf(store, "j1", "j2"), "pending skipped");
    await store.retry(["j2"], { now: T0, ignoreNeeds: true });
    assert.deepEqual(await placeOne(store), { id: "j2", made: "kept" });
  });

  test("what has got its key back is alone with it: what was skipped meanwhile does not run again by itself", async (store) => {
    await placeOne(store);
    await store.cancel(["j1"], T0);
    const [needed] = await enqueue(store, {});
    await placeOne(store, { after: [needed!] });
    await store.cancel([needed!], T0);
    assert.equal(await statesOf(store, "j1", "j3"), "cancelled skipped");
    await store.retry(["j1"], { now: T0 });
    await store.retry([needed!], { now: T0 });
    assert.equal(await statesOf(store, "j1", "j3"), "pending skipped");
    assert.deepEqual(await store.recount(), []);
    assert.deepEqual(await placeOne(store), { id: "j1", made: "kept" });
  });

  test("what has ended is not run again by others while the one that followed it has the key", async (store) => {
    await store.register(newSupervisor("s"));
    const [needed] = await enqueue(store, {});
    await store.cancel([needed!], T0);
    await placeOne(store, { afterEnded: [needed!] });
    const first = await claimOne(store, "s");
    assert.deepEqual(await placeOne(store, { onConflict: "after" }), {
      id: "j3",
      made: "follows",
      after: "j2",
    });
    await settleAndTell(store, "s", settlement(first.token));
    await store.retry([needed!], { now: T0, withDependents: true });
    assert.equal(await statesOf(store, "j1", "j2", "j3"), "pending completed pending");
  });

  test("one that follows does not start beside the one that has the key, whatever it shall wait for", async (store) => {
    await placeOne(store);
    await placeOne(store, { onConflict: "after" });
    const [other] = await enqueue(store, {});
    await assert.rejects(store.retry(["j2"], { now: T0, ignoreNeeds: true }), {
      name: "Refused",
      message: 'Cannot retry job "j2": job "j1" has its key "k"',
    });
    for (const changes of [{ afterEnded: [] }, { after: [other!] }, { after: ["j1", other!], any: true }]) {
      await assert.rejects(store.edit("j2", changes, T0), {
        name: "Refused",
        message: 'Cannot edit job "j2": it comes after job "j1", which has its key',
      });
    }
    assert.equal(await statesOf(store, "j2"), "blocked");
    await store.edit("j2", { after: [other!], afterEnded: ["j1"] }, T0);
    await store.cancel(["j1"], T0);
    assert.equal(await statesOf(store, "j2"), "blocked");
    await store.retry(["j2"], { now: T0, ignoreNeeds: true });
    assert.equal(await statesOf(store, "j2"), "pending");
    await store.edit("j2", { afterEnded: [] }, T0);
  });

  test("a change gives a waiting job a key, unless another one has it", async (store) => {
    await placeOne(store);
    await enqueue(store, {});
    await assert.rejects(store.edit("j2", { uniqueKey: "k" }, T0), {
      name: "Refused",
      message: 'Cannot edit job "j2": job "j1" has the key "k"',
    });
    assert.equal((await store.edit("j2", { uniqueKey: "l", uniqueUntil: "start" }, T0)).uniqueKey, "l");
    assert.deepEqual(await placeOne(store, { uniqueKey: "l" }), { id: "j2", made: "kept" });
    await store.edit("j1", { uniqueKey: "m" }, T0);
    assert.deepEqual(await placeOne(store), { id: "j3", made: "new" });
  });

  test("an id is used again once its job has ended", async (store) => {
    await store.register(newSupervisor("s"));
    const nightly = { id: "nightly", replaceEnded: true };
    assert.deepEqual(await place(store, [nightly]), [{ id: "nightly", made: "new" }]);
    await assert.rejects(place(store, [{}, { ...nightly, command: "b" }]), {
      name: "TakenId",
      index: 1,
      message: 'Cannot enqueue job "nightly" in place of the one with that id: that is pending',
    });
    await settle(store, "s", settlement((await claimOne(store, "s")).token));
    assert.deepEqual(await place(store, [{ ...nightly, command: "b" }]), [{ id: "nightly", made: "new" }]);
    const { command, state, lastAttempt } = (await store.get("nightly"))!;
    assert.deepEqual([command, state, lastAttempt], ["b", "pending", 0]);
    assert.deepEqual(await store.attempts("nightly"), []);
    await assert.rejects(enqueue(store, { id: "nightly" }), { name: "TakenId" });
  });

  test("jobs are found by their key, whether they have it still or not", async (store) => {
    await placeOne(store);
    await store.cancel(["j1"], T0);
    await enqueue(store, {});
    await placeOne(store);
    const ids = async (filter: object) =>
      (await store.list({ uniqueKey: "k", limit: 9, ...filter })).jobs.map(({ id }) => id);
    assert.deepEqual(await ids({}), ["j3", "j1"]);
    assert.deepEqual(await ids({ state: "pending" }), ["j3"]);
    assert.deepEqual(await ids({ sort: "oldest", limit: 1 }), ["j1"]);
    const selection = await store.select({ uniqueKey: "k" }, { verb: "cancel" });
    assert.deepEqual([selection.seqs, selection.passedOver], [[3], 1]);
  });

  test("a request asked again gets the same answer, and nothing is decided anew", async (store) => {
    const request = { key: "r", fingerprint: "f" };
    await placeOne(store);
    const jobs = [{ ...KEY }, { uniqueKey: "l" }, {}];
    const expected = [{ id: "j1", made: "kept" }, { id: "j2", made: "new" }, { id: "j3", made: "new" }];
    assert.deepEqual(await place(store, jobs, { request }), expected);
    await store.cancel(["j1", "j2"], T0);
    assert.deepEqual(await place(store, jobs, { request }), expected);
  });

  test(
    "of twenty who enqueue at the same time one has the key, and the others are told which",
    async (store, opened) => {
      const placed = await atOnce(opened, 20, (other, n) => placeOne(other, { command: `echo ${n}` }));
      assert.equal(placed.filter(({ made }) => made === "new").length, 1);
      assert.equal(new Set(placed.map(({ id }) => id)).size, 1);
      assert.equal((await all(store)).length, 1);
    },
  );

  test(
    "twenty who enqueue again and again while jobs run: one at a time, and each is followed by a run",
    async (store, opened) => {
      await store.register(newSupervisor("s"));
      let [running, most, over] = [0, 0, false];
      // when a run began counts the runs so far; whoever enqueues before that has been heard by it
      const runs: string[] = [];
      const began = new Map<string, number>();
      const worker = (async () => {
        for (let idle = 0; idle < 3;) {
          const [job] = await claim(store, "s", { count: 1, now: T0 + runs.length });
          if (!job) {
            while (await store.recover());
            idle = over ? idle + 1 : 0;
            await new Promise((resolve) => setTimeout(resolve, 1));
            continue;
          }
          idle = 0;
          most = Math.max(most, running += 1);
          runs.push(job.id);
          began.set(job.id, runs.length);
          await new Promise((resolve) => setTimeout(resolve, 3));
          running -= 1;
          await settleAndTell(store, "s", settlement(job.token));
        }
      })();
      const late: string[] = [];
      await atOnce(opened, 20, async (other) => {
        for (let n = 0; n < 5; n++) {
          const before = runs.length;
          const { id } = await placeOne(other, { onConflict: "after" });
          if ((began.get(id) ?? Infinity) <= before) late.push(id);
        }
      });
      over = true;
      await worker;
      assert.deepEqual(late, [], "what answers for a job had not begun when it was enqueued");
      assert.equal(most, 1);
      assert.deepEqual((await all(store)).filter((line) => !line.endsWith("completed")), []);
      assert.equal(new Set(runs).size, runs.length);
    },
  );

  test("twenty who replace at the same time: one job waits, and is one of theirs", async (store, opened) => {
    const placed = await atOnce(
      opened,
      20,
      (other, n) =>
        placeOne(other, { onConflict: "replace", command: `echo ${n}`, queue: `q${n % 3}`, priority: n }),
    );
    assert.equal(placed.filter(({ made }) => made === "new").length, 1);
    assert.equal((await all(store)).length, 1);
    const { command, priority, queue } = (await store.get("j1"))!;
    assert.deepEqual([command, queue], [`echo ${priority}`, `q${priority % 3}`]);
  });

  test(
    "very many with keys are stored all at once, and are in the way of others from then on",
    async (store, opened) => {
      await placeOne(store, { uniqueKey: "k7", command: "first" });
      await placeOne(store, { uniqueKey: "k8", command: "second" });
      const jobs = Array.from({ length: 2500 }, (_, n): Partial<NewJob> => ({
        uniqueKey: `k${n % 2000}`,
        command: `echo ${n}`,
        ...n === 8 && { onConflict: "replace" },
        ...n === 2009 && { onConflict: "after" },
      }));
      const [placed, others] = await Promise.all([
        place(store, jobs),
        atOnce(opened, 3, async (other, n) => {
          const made: Placed[] = [];
          for (let m = 0; m < 10; m++) {
            made.push(await placeOne(other, { uniqueKey: `k${100 + n * 10 + m}` }));
          }
          return made;
        }),
      ]);
      const { jobs: stored } = await store.list({ limit: 3000 });
      const keys = new Map(stored.map(({ id, uniqueKey }) => [id, uniqueKey]));
      for (const [n, { id }] of placed.entries()) assert.equal(keys.get(id), `k${n % 2000}`);
      assert.deepEqual([placed[7], placed[8]!.id], [{ id: "j1", made: "kept" }, "j2"]);
      assert.equal((await store.get("j2"))!.command, "echo 8");
      assert.equal(await statesOf(store, placed[2009]!.id), "blocked");
      const { counts } = await store.summary(1);
      assert.equal(counts.pending + counts.blocked, 2001, "one for each key, and one that follows");
      assert.ok(others.flat().every(({ made }) => made === "new" || made === "kept"));
      assert.deepEqual(await placeOne(store, { uniqueKey: "k1999" }), { id: placed[1999]!.id, made: "kept" });
      const again = await place(store, jobs);
      assert.deepEqual(again.map(({ id }) => id), placed.map(({ id }) => id));
    },
  );

  test("very many that take the ids of ended ones: all of them have ended, or none is stored", async (store) => {
    await enqueue(store, { id: "n3" }, { id: "n5" });
    await store.cancel(["n3"], T0);
    const jobs = Array.from({ length: 1200 }, (_, n) => ({ id: `n${n}`, replaceEnded: true }));
    await assert.rejects(place(store, jobs), { name: "TakenId", index: 5 });
    assert.deepEqual(await all(store), ["n3 cancelled", "n5 pending"]);
    await store.cancel(["n5"], T0);
    await place(store, jobs);
    assert.equal(await statesOf(store, "n3", "n5", "n1199"), "pending pending pending");
  });

  test("a key is looked for without looking at those who had it", async (store) => {
    for (let n = 0; n < 30; n++) {
      const { id } = await placeOne(store, { onConflict: n % 2 === 0 ? "after" : "replace" });
      await store.cancel([id], T0);
    }
    await store.exchange(exchangeOf("s"));
    assert.equal((await placeOne(store)).made, "new");
  });
}

/** Does something so many times at once, each over a connection of its own. */
async function atOnce<T>(
  { another }: { another(): Promise<Store> },
  count: number,
  work: (store: Store, n: number) => Promise<T>,
): Promise<T[]> {
  return await Promise.all(Array.from({ length: count }, async (_, n) => {
    using other = closing(await another());
    return await work(other.store, n);
  }));
}
