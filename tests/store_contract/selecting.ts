/**
 * @module
 * What every store must do. What is done to all jobs that a selector finds.
 */
import assert from "node:assert/strict";
import { type State, STATES, WAITING } from "../../src/domain/job.ts";
import type { JobSelector, Store, Verb } from "../../src/store/contract.ts";
import { changeAll } from "../../src/views/change_all.ts";
import {
  claim,
  clear,
  death,
  enqueue,
  failure,
  newSupervisor,
  settle,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { closing, enqueueMeanwhile, MANY, type Test } from "./suite.ts";

/** What is done to all jobs that a selector finds. */
export function selecting(test: Test): void {
  /** One job in each state, in the order of its id; those that failed say why. */
  async function oneOfEach(store: Store): Promise<void> {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "completed" }, { id: "failed" }, { id: "dead" }, { id: "processing" });
    const [completed, failed, dead] = await claim(store, "s", { count: 4 });
    await settle(
      store,
      "s",
      settlement(completed!.token),
      failure(failed!.token, { runAt: T0 + 1e6, error: "exit code 75", exitCode: 75 }),
      death(dead!.token),
    );
    await enqueue(store, { id: "pending", label: "odd" }, { id: "scheduled", runAt: T0 + 1e6, queue: "b" });
    await enqueue(store, { id: "cancelled" });
    await store.cancel(["cancelled"], T0);
    await enqueue(store, { id: "blocked", after: ["scheduled"] }, { id: "skipped", after: ["cancelled"] });
  }

  const found = async (store: Store, which: JobSelector, verb: Verb = "delete", only?: readonly State[]) => {
    const { seqs, passedOver } = await store.select(which, { verb, ...only && { only } });
    return [(await store.idsOf(seqs)).join(" "), passedOver];
  };

  test("select() finds the jobs that have all of what is asked and allow what is wanted", async (store) => {
    await oneOfEach(store);
    await store.hold(["pending"], true);
    assert.deepEqual(await found(store, {}), [
      "completed failed dead pending scheduled cancelled blocked skipped",
      1,
    ]);
    assert.deepEqual(await found(store, {}, "cancel"), ["failed processing pending scheduled blocked", 4]);
    assert.deepEqual(await found(store, {}, "retry"), ["completed failed dead cancelled", 5]);
    assert.deepEqual(await found(store, {}, "edit"), ["failed pending scheduled blocked", 5]);
    assert.deepEqual(
      await found(store, {}, "hold"),
      ["failed scheduled blocked", 6],
      "not what is held already",
    );
    assert.deepEqual(await found(store, {}, "release"), ["pending", 8], "only what is held");
    assert.deepEqual(await found(store, {}, "delete", WAITING), ["failed pending scheduled blocked", 5]);
    assert.deepEqual(await found(store, { state: "dead" }), ["dead", 0]);
    assert.deepEqual(await found(store, { state: "dead" }, "hold"), ["", 1]);
    assert.deepEqual(await found(store, { queue: "b" }), ["scheduled", 0]);
    assert.deepEqual(await found(store, { queue: "b", state: "pending" }), ["", 0]);
    assert.deepEqual(await found(store, { queue: "none" }), ["", 0]);
    assert.deepEqual(await found(store, { label: "odd" }), ["pending", 0]);
    assert.deepEqual(await found(store, { label: "odd", state: "dead" }), ["", 0]);
    assert.deepEqual(await found(store, { search: "CELLED" }), ["cancelled", 0]);
    assert.deepEqual(await found(store, { until: T0 }), ["", 0]);
    assert.deepEqual(await found(store, { since: T0, queue: "b" }), ["scheduled", 0]);
  });

  test("what is said of a failure, and exit codes, select and list jobs", async (store) => {
    await oneOfEach(store);
    const listed = async (which: JobSelector) =>
      (await store.list({ ...which, limit: 9 })).jobs.map(({ id }) => id).join(" ");
    const cases: [JobSelector, string][] = [
      [{ error: "Code 75" }, "failed"],
      [{ error: "exit code" }, "dead failed"],
      [{ error: "exit code", state: "dead" }, "dead"],
      [{ error: "%" }, ""],
      [{ error: "exit_code" }, ""],
      [{ exitCode: 75 }, "failed"],
      [{ exitCode: 0 }, "completed"],
      [{ exitCode: 1, queue: "b" }, ""],
    ];
    for (const [which, ids] of cases) {
      assert.equal(await listed(which), ids, JSON.stringify(which));
      assert.equal(
        (await found(store, which))[0],
        ids.split(" ").toReversed().join(" "),
        JSON.stringify(which),
      );
    }
  });

  test("select() finds what is rare among many, in few and in many queues", async (store) => {
    await enqueue(store, ...Array.from({ length: MANY }, (_, n) => ({ queue: `q${n % 150}` })));
    const rare = [3, 4_000, MANY - 1].map((n) => `j${n}`);
    await store.cancel(rare, T0);
    assert.deepEqual(await found(store, { state: "cancelled" }), [rare.join(" "), 0]);
    const { seqs } = await store.select({ state: "pending" }, { verb: "hold" });
    assert.equal(seqs.length, MANY - 3);
    assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
    assert.equal(
      (await store.select({ queue: "q7" }, { verb: "hold" })).seqs.length,
      Math.ceil((MANY - 7) / 150),
    );
    await store.delete(Array.from({ length: 8_000 }, (_, n) => `j${n + 1_000}`));
    assert.equal((await store.select({}, { verb: "delete" })).seqs.length, MANY - 8_000);
  });

  for (
    const [verb, left] of [
      ["cancel", "cancelled cancelled cancelled processing completed cancelled dead cancelled skipped"],
      ["retry", "blocked pending scheduled processing pending pending pending pending blocked"],
      ["delete", "gone gone gone processing gone gone gone gone gone"],
      ["hold", STATES.join(" ")],
      ["edit", STATES.join(" ")],
    ] as const
  ) {
    test(`change() does to all what ${verb}() does to one`, async (store) => {
      await oneOfEach(store);
      const { passedOver } = await store.select({}, { verb });
      const changed = await changeAll(store, { which: {}, wish: { verb } }, {
        now: T0 + 5,
        changes: { priority: 7 },
      });
      const states = (await store.states(STATES)).map((state) => state ?? "gone").join(" ");
      assert.equal(states, left);
      assert.deepEqual([changed.done, changed.changedMeanwhile], [STATES.length - passedOver, 0]);
      assert.deepEqual(changed.requested, verb === "cancel" ? ["processing"] : []);
      const { held, priority } = await store.get("pending") ?? { held: false, priority: 0 };
      assert.deepEqual([held, priority], [verb === "hold", verb === "edit" ? 7 : 0]);
      assert.deepEqual(await store.recount(), []);
    });
  }

  test("change() passes over what is gone or has changed since, and says how many", async (store) => {
    await enqueue(store, ...Array.from({ length: 6 }, () => ({ label: "x" })));
    const selection = await store.select({ label: "x" }, { verb: "hold" });
    await store.cancel(["j2"], T0);
    await store.delete(["j4"]);
    await store.edit("j5", { label: "y" }, T0);
    await store.hold(["j6"], true);
    await enqueue(store, { label: "x" });
    const { done, changedMeanwhile } = await store.change(selection, { now: T0 });
    assert.deepEqual([done, changedMeanwhile], [2, 4]);
    const held = (await store.list({ sort: "oldest", limit: 9 })).jobs.filter(({ held }) => held);
    assert.deepEqual(held.map(({ id }) => id), ["j1", "j3", "j6"]);
  });

  test("an id that was given to another job meanwhile is not that job's end", async (store) => {
    await enqueue(store, { id: "x" });
    const selection = await store.select({}, { verb: "delete" });
    await store.delete(["x"]);
    await enqueue(store, { id: "x" });
    assert.deepEqual((await store.change(selection, { now: T0 })).done, 0);
    assert.deepEqual(await store.idsOf(selection.seqs), []);
    assert.deepEqual(await store.states(["x"]), ["pending"]);
  });

  test("after retry of many, those that were held stay so, and are counted", async (store) => {
    await oneOfEach(store);
    await store.hold(["failed"], true);
    const { done, held } = await changeAll(store, { which: {}, wish: { verb: "retry" } }, { now: T0 + 5 });
    assert.deepEqual([done, held, (await store.get("failed"))?.held], [4, 1, true]);
  });

  test(
    "what is done to very many jobs lets others write, and what they enqueue stays",
    async (store, opened) => {
      await enqueue(store, ...Array.from({ length: MANY }, () => ({})));
      const cleared = clear(store);
      const meanwhile = await enqueueMeanwhile(opened, cleared);
      const states = await store.states(meanwhile);
      const stayed = states.filter((state) => state === "pending").length;
      assert.ok(stayed > 2, `${stayed} were enqueued meanwhile and stayed`);
      assert.deepEqual(states.slice(-stayed), Array(stayed).fill("pending"), "whatever came after it began");
      assert.equal(await cleared, MANY + meanwhile.length - stayed);
    },
  );

  test("a job that two want to delete is deleted by one of them", async (store, opened) => {
    using other = closing(await opened.another());
    await enqueue(store, ...Array.from({ length: 2_000 }, () => ({})));
    const all = { which: {}, wish: { verb: "delete" } } as const;
    const [one, two] = await Promise.all([
      changeAll(store, all, { now: T0 }),
      changeAll(other.store, all, { now: T0 }),
    ]);
    assert.equal(one.done + two.done, 2_000);
    assert.deepEqual(await store.recount(), []);
  });
}
