/**
 * @module
 * What every store must do. What a job that starts is told of those it needs.
 */
import assert from "node:assert/strict";
import { LARGEST_RESULT, MOST_NEEDED_RESULTS } from "../../src/domain/job.ts";
import type { NeededOutcome, Store } from "../../src/store/contract.ts";
import {
  claim,
  claimOne,
  death,
  enqueue,
  exchangeOf,
  newJob,
  newSupervisor,
  prune,
  settle,
  settleAndTell,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { bytes, type Test } from "./suite.ts";

/** What jobs are told of those they need. */
export function neededOutcomes(test: Test): void {
  /** Has the next job complete, and leave a result. */
  async function leave(store: Store, result: Uint8Array): Promise<void> {
    const { token } = await claimOne(store, "s");
    await store.exchange(exchangeOf("s", { said: [{ token, result }] }));
    await settleAndTell(store, "s", settlement(token));
  }

  /** As text, and in the order of the ids. */
  function readable(needed: readonly NeededOutcome[] | undefined) {
    return needed?.map(({ result, ...rest }) => ({
      ...rest,
      ...result && { result: new TextDecoder().decode(result) },
    })).sort((a, b) => a.id < b.id ? -1 : 1);
  }

  test("a job that starts is told how those ended that it needs, and what they left", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b" }, { id: "c", afterEnded: ["a", "b", "gone"] }, {
      id: "gone",
    });
    await leave(store, bytes("from a"));
    await settle(store, "s", death((await claimOne(store, "s")).token));
    const gone = await claimOne(store, "s");
    assert.equal(gone.id, "gone");
    assert.equal(gone.needed, undefined);
    await settleAndTell(store, "s", settlement(gone.token));
    await store.delete(["gone"]);
    const c = await claimOne(store, "s");
    assert.deepEqual(readable(c.needed), [
      { id: "a", job: { state: "completed", exitCode: 0, signal: null }, result: "from a" },
      { id: "b", job: { state: "dead", exitCode: 1, signal: null } },
      { id: "gone", job: null },
    ]);
    await store.register(newSupervisor("heir"));
    await store.takeOver("s", "heir");
    const [running] = await store.running("heir");
    assert.equal(running!.job.needed, undefined, "it knows that already");
  });

  test("a job that starts is told of the groups it needs, by their counters", async (store) => {
    await store.register(newSupervisor("s"));
    await store.enqueue([{ group: "g" }, { group: "g" }].map(newJob), {
      now: T0,
      idFormat: "short",
      joining: { seal: true },
    });
    await enqueue(store, { id: "last", afterGroupEnded: ["g"] });
    await settle(store, "s", settlement((await claimOne(store, "s")).token));
    await settleAndTell(store, "s", death((await claimOne(store, "s")).token));
    assert.deepEqual(readable((await claimOne(store, "s")).needed), [{
      id: "g",
      job: null,
      group: { ...(await store.group("g"))! },
    }]);
  });

  test("what runs again has not ended, and left nothing", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] });
    await leave(store, bytes("old"));
    await store.retry(["a"], { now: T0 });
    await claimOne(store, "s");
    await store.retry(["b"], { now: T0, ignoreNeeds: true });
    const b = await claimOne(store, "s");
    assert.deepEqual([b.id, readable(b.needed)], [
      "b",
      [{ id: "a", job: { state: "processing", exitCode: null, signal: null } }],
    ]);
  });

  test("of very large results only so many are handed on, and of the others it is said", async (store) => {
    await store.register(newSupervisor("s"));
    const most = MOST_NEEDED_RESULTS / LARGEST_RESULT;
    const ids = Array.from({ length: most + 2 }, (_, n) => `a${n}`);
    await enqueue(store, ...ids.map((id) => ({ id })), { id: "b", after: ids });
    const claimed = await claim(store, "s", { count: ids.length });
    const result = new Uint8Array(LARGEST_RESULT).fill(7);
    await store.exchange(exchangeOf("s", {
      said: claimed.map(({ token }) => ({
        token,
        result: token === claimed.at(-1)!.token ? bytes("") : result,
      })),
    }));
    await settleAndTell(store, "s", ...claimed.map(({ token }) => settlement(token)));
    const { needed } = await claimOne(store, "s");
    const [whole, left] = [
      needed!.filter(({ result }) => result?.length === LARGEST_RESULT),
      needed!.filter(({ leftOut }) => leftOut),
    ];
    assert.equal(whole.length, most);
    assert.ok(left.length >= 1 && left.every(({ result }) => result === undefined));
  });

  test("a job whose needs are gone is told so, and one that needs nothing is told nothing", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] }, {});
    await leave(store, bytes("x"));
    await prune(store, T0 + 5000);
    const [b, other] = await claim(store, "s", { count: 2 });
    assert.deepEqual([b!.id, b!.needed, other!.needed], ["b", [{ id: "a", job: null }], undefined]);
  });
}
