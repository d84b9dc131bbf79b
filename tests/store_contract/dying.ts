/**
 * @module
 * What every store must do. Dead jobs are grouped by what they died of.
 */
import assert from "node:assert/strict";
import type { OutputPiece, Store } from "../../src/store/contract.ts";
import { changeAll } from "../../src/views/change_all.ts";
import { claim, death, enqueue, exchangeOf, newSupervisor, T0 } from "../helpers/jobs.ts";
import { bytes, type Test } from "./suite.ts";

/** Dead jobs by what they died of. */
export function dying(test: Test): void {
  /** Lets one job die for each of the texts, which it prints to stderr. */
  async function die(
    store: Store,
    stderrs: readonly string[],
    { queue = "default", at = T0 } = {},
  ): Promise<string[]> {
    await enqueue(store, ...stderrs.map(() => ({ queue })));
    const claimed = await claim(store, "s", { count: stderrs.length, queues: [queue] });
    await store.exchange(exchangeOf("s", {
      now: at,
      output: claimed.map(({ token }, n) => ({
        token,
        pieces: (["stderr", "stdout"] as const).map((stream): OutputPiece => ({
          stream,
          start: 0,
          bytes: bytes(stream === "stderr" ? stderrs[n]! : "x"),
        })),
      })),
      settlements: claimed.map(({ token }) => ({ ...death(token), finishedAt: at })),
    }));
    return claimed.map(({ id }) => id);
  }

  const groups = async (store: Store, ...queues: string[]) => {
    const { of, groups } = await store.deadGroups({ limit: 10, ...queues.length > 0 && { queues } });
    assert.equal(of, groups.length);
    return groups.map((
      { queue, diedOf, count, first, last },
    ) => [queue, diedOf, count, first - T0, last - T0]);
  };

  test("deadGroups() counts dead jobs by queue and the last words of their stderr", async (store) => {
    await store.register(newSupervisor("s"));
    await die(store, ["no mailbox 1", "hello\nno mailbox 2\n", ""], { queue: "mail", at: T0 + 10 });
    await die(store, ["no mailbox 3"], { queue: "mail", at: T0 + 30 });
    await die(store, ["no mailbox 4"], { queue: "post", at: T0 + 20 });
    assert.deepEqual(await groups(store), [
      ["mail", "no mailbox N", 3, 10, 30],
      ["post", "no mailbox N", 1, 20, 20],
      ["mail", "exit code 1", 1, 10, 10],
    ]);
    assert.deepEqual(await groups(store, "post"), [["post", "no mailbox N", 1, 20, 20]]);
    assert.deepEqual((await groups(store, "post", "none", "mail")).length, 3);
    assert.deepEqual(await groups(store, "none"), []);
    const { of, groups: largest } = await store.deadGroups({
      limit: 1,
      course: { from: T0 + 6, stepMs: 10, steps: 4 },
    });
    assert.deepEqual([of, largest.length, largest[0]!.course], [3, 1, [2, 0, 1, 0]]);
  });

  test("a job that has a turn again, or is gone, is in no group of dead jobs", async (store) => {
    await store.register(newSupervisor("s"));
    const [a, b, c] = await die(store, ["alas 1", "alas 2", "alas 3"]);
    await store.retry([a!], { now: T0 });
    await store.delete([b!]);
    assert.deepEqual(await groups(store), [["default", "alas N", 1, 0, 0]]);
    const kept = { endedMs: null, deadMs: 1, ofQueues: false };
    await store.prune(kept, { now: T0 + 5, limit: 9 });
    for (let after = (await store.prune(kept, { now: T0 + 5, limit: 9 })).after; after !== null;) {
      ({ after } = await store.prune(kept, { now: T0 + 5, limit: 9, after }));
    }
    assert.deepEqual(await groups(store), []);
    assert.equal(await store.get(c!), undefined);
    const [again] = await claim(store, "s", { count: 1 });
    await store.exchange(
      exchangeOf("s", { settlements: [{ ...death(again!.token), error: "timed out after 3s" }] }),
    );
    assert.deepEqual((await groups(store)).map(([, diedOf]) => diedOf), ["timed out"], "by its latest death");
  });

  test("all of a group are found and changed, however many others died since", async (store) => {
    await store.register(newSupervisor("s"));
    await die(store, ["rare 1", "rare 2"], { queue: "mail" });
    await die(store, ["rare 3"], { queue: "post" });
    await die(store, Array.from({ length: 300 }, (_, n) => `common ${n}`), { queue: "mail" });
    const which = { state: "dead", queue: "mail", diedOf: "rare N" } as const;
    assert.equal((await store.list({ ...which, limit: 9 })).jobs.length, 2);
    const { done } = await changeAll(store, { which, wish: { verb: "retry" } }, { now: T0 });
    assert.equal(done, 2);
    assert.deepEqual((await groups(store)).map(([queue, diedOf, n]) => [queue, diedOf, n]), [
      ["mail", "common N", 300],
      ["post", "rare N", 1],
    ]);
    assert.deepEqual(
      await store.select({ diedOf: "rare N" }, { verb: "delete" }).then(({ seqs }) => seqs.length),
      1,
    );
    assert.equal(await store.nameDead(), false, "nothing is left to be named");
  });
}
