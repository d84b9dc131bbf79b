/**
 * @module
 * What every store must do. Groups: who joins one, when it has ended, what others are told of that, and what becomes of the
 * rest when too many of its jobs fail.
 */
import assert from "node:assert/strict";
import type { NewJob } from "../../src/domain/job.ts";
import type { GroupPage, Joining, Store } from "../../src/store/contract.ts";
import { changeAll } from "../../src/views/change_all.ts";
import {
  claim,
  claimOne,
  death,
  failure,
  newJob,
  newSupervisor,
  prune,
  settle,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { closing, type Test } from "./suite.ts";

/** Enqueues jobs at `T0`, into groups in a way. */
function enqueue(store: Store, joining: Joining, ...jobs: Partial<NewJob>[]): Promise<string[]> {
  return store.enqueue(jobs.map(newJob), { now: T0, idFormat: "short", joining });
}

/** The group "g" in a few words. */
async function picture(store: Store, name = "g"): Promise<string> {
  const group = await store.group(name);
  if (!group) return "gone";
  const { end, sealed, open, ended } = group;
  const counts = Object.entries(ended).filter(([, n]) => n > 0).map(([state, n]) => `${n} ${state}`);
  return [end, ...sealed ? ["sealed"] : [], `${open} open`, ...counts].join(", ");
}

/** Has the next job end in a way. */
async function end(store: Store, how: "completed" | "dead" | "failed" = "completed"): Promise<string> {
  const { id, token } = await claimOne(store, "s");
  const settled = { completed: settlement, dead: death, failed: failure }[how](token);
  await settle(store, "s", settled);
  await tell(store);
  return id;
}

/** Everybody is told everything. */
async function tell(store: Store): Promise<void> {
  for (let n = 0; await store.recover(); n++) assert.ok(n < 1000);
}

async function statesOf(store: Store, ...ids: string[]): Promise<(string | undefined)[]> {
  await tell(store);
  return await store.states(ids);
}

/** Groups. */
export function grouping(test: Test): void {
  test("groups that have not ended are found, and counted, without the others", async (store) => {
    await store.register(newSupervisor("s"));
    const names = async (page: Partial<GroupPage> = {}) =>
      (await store.groups({ open: true, limit: 9, ...page })).map(({ name }) => name);
    assert.deepEqual([await names(), await store.openGroups(9)], [[], 0]);
    for (const group of ["a", "b", "c"]) await enqueue(store, { seal: true }, { id: group, group });
    assert.equal(await end(store), "a");
    assert.deepEqual([await names(), await store.openGroups(9)], [["c", "b"], 2]);
    assert.deepEqual([await names({ limit: 1 }), await store.openGroups(1)], [["c"], 1]);
    assert.deepEqual(await names({ after: "c" }), ["b"]);
    await store.retry(["a"], { now: T0 });
    await tell(store);
    assert.deepEqual(await names(), ["c", "b", "a"], "it goes on");
    await store.cancel(["a", "b", "c"], T0);
    await tell(store);
    assert.deepEqual([await names(), await store.openGroups(9)], [[], 0]);
    assert.equal((await store.groups()).length, 3);
  });

  test("a group is there from its first job on, and has ended once it is sealed and no job is open", async (store) => {
    await store.register(newSupervisor("s"));
    assert.equal(await store.group("g"), undefined);
    await enqueue(store, {}, { group: "g" }, { group: "g" }, {});
    assert.equal(await picture(store), "open, 2 open");
    await end(store);
    await end(store);
    assert.equal(await picture(store), "open, 0 open, 2 completed", "others may add to it");
    await store.sealGroup("g", T0 + 5000);
    assert.equal(await picture(store), "completed, sealed, 0 open, 2 completed");
    assert.equal((await store.group("g"))!.endedAt, T0 + 5000);
    await store.sealGroup("g", T0 + 9000);
    assert.equal((await store.group("g"))!.endedAt, T0 + 5000, "done again, nothing changes");
  });

  test("a job says its group, and jobs are listed by it, newest first", async (store) => {
    const ids = await enqueue(store, {}, { group: "g" }, {}, { group: "h" }, { group: "g" }, { group: "g" });
    assert.equal((await store.get(ids[0]!))!.group, "g");
    assert.equal((await store.get(ids[1]!))!.group, null);
    const page = await store.list({ group: "g", limit: 2 });
    assert.deepEqual(page.jobs.map(({ id }) => id), [ids[4], ids[3]]);
    const rest = await store.list({ group: "g", limit: 2, cursor: page.cursor! });
    assert.deepEqual(rest.jobs.map(({ id }) => id), [ids[0]]);
    await store.cancel([ids[3]!], T0);
    const cancelled = await store.list({ group: "g", state: "cancelled", limit: 9 });
    assert.deepEqual(cancelled.jobs.map(({ id }) => id), [ids[3]]);
    assert.deepEqual((await store.list({ group: "none", limit: 9 })).jobs, []);
  });

  test("groups are listed, the newest first, page by page, with what runs", async (store) => {
    await store.register(newSupervisor("s"));
    for (const group of ["b", "c", "a"]) await enqueue(store, {}, { group });
    await claim(store, "s", { count: 2 });
    const all = await store.groups();
    assert.deepEqual(all.map(({ name, running }) => [name, running]), [["a", 0], ["c", 1], ["b", 1]]);
    const page = await store.groups({ after: "a", limit: 1 });
    assert.deepEqual(page.map(({ name }) => name), ["c"]);
  });

  for (
    const [wanting, key] of [["completed", "afterGroup"], ["failed", "afterGroupFailed"], [
      "ended",
      "afterGroupEnded",
    ]] as const
  ) {
    const expected = { completed: "skipped", failed: "pending", ended: "pending" }[wanting];
    test(`of a group of which a job failed, what wants it ${wanting} is ${expected}, early or late`, async (store) => {
      await store.register(newSupervisor("s"));
      await enqueue(store, { seal: true }, { group: "g" }, { group: "g" });
      const [early] = await enqueue(store, {}, { [key]: ["g"], priority: 9 });
      assert.deepEqual(await statesOf(store, early!), ["blocked"]);
      await end(store, "dead");
      assert.deepEqual(await statesOf(store, early!), ["blocked"], "it goes on");
      await end(store);
      assert.equal(await picture(store), "failed, sealed, 0 open, 1 completed, 1 dead");
      const [late] = await enqueue(store, {}, { [key]: ["g"] });
      assert.deepEqual(await statesOf(store, early!, late!), [expected, expected]);
      if (expected === "skipped") assert.equal((await store.get(early!))!.skippedFor, "failed");
    });
  }

  test("a group of which jobs were called off is called off; deleting one that waits is that, too", async (store) => {
    const [a, b] = await enqueue(store, { seal: true }, { group: "g" }, { group: "g" });
    const [after, failed, ended] = await enqueue(
      store,
      {},
      { afterGroup: ["g"] },
      { afterGroupFailed: ["g"] },
      { afterGroupEnded: ["g"] },
    );
    await store.cancel([a!], T0);
    await store.delete([b!]);
    assert.equal(await picture(store), "cancelled, sealed, 0 open, 2 cancelled");
    assert.deepEqual(await statesOf(store, after!, failed!, ended!), ["skipped", "skipped", "pending"]);
    assert.equal((await store.get(after!))!.skippedFor, "called_off");
  });

  test("a job that was not needed is no failure of its group", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { seal: true }, { id: "a", group: "g" }, { afterFailed: ["a"], group: "g" });
    const [after] = await enqueue(store, {}, { afterGroup: ["g"] });
    await end(store);
    assert.equal(await picture(store), "completed, sealed, 0 open, 1 completed, 1 skipped");
    assert.deepEqual(await statesOf(store, after!), ["pending"]);
  });

  test("a failure that is still to be retried is no end", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { seal: true }, { group: "g" });
    await end(store, "failed");
    assert.equal(await picture(store), "open, sealed, 1 open");
  });

  test("a member's retry has the group go on: who waited for it waits again, who has started does not", async (store) => {
    await store.register(newSupervisor("s"));
    const [a] = await enqueue(store, { seal: true }, { group: "g" });
    const [after, failed] = await enqueue(store, {}, { afterGroup: ["g"] }, { afterGroupFailed: ["g"] });
    await end(store, "dead");
    assert.deepEqual(await statesOf(store, after!, failed!), ["skipped", "pending"]);
    await store.retry([a!], { now: T0 });
    assert.equal(await picture(store), "open, sealed, 1 open");
    assert.deepEqual(await statesOf(store, after!, failed!), ["blocked", "blocked"]);
    await end(store);
    assert.deepEqual(await statesOf(store, after!, failed!), ["pending", "skipped"]);
    assert.equal(await end(store), after);
    await store.retry([a!], { now: T0 });
    assert.deepEqual(await statesOf(store, after!), ["completed"], "once is enough");
  });

  test("retry() of a member with dependents runs those again, too, that waited for its group and have ended", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { seal: true }, { id: "a", group: "g" }, { id: "b", group: "g" });
    await enqueue(store, {}, { id: "join", afterGroup: ["g"] }, { id: "next", after: ["join"] });
    for (const _ of ["a", "b", "join", "next"]) await end(store);
    assert.deepEqual(await statesOf(store, "a", "join", "next"), Array(3).fill("completed"));
    await store.retry(["a"], { now: T0 });
    assert.deepEqual(await statesOf(store, "a", "join", "next"), ["pending", "completed", "completed"]);
    await end(store);
    await store.retry(["a"], { now: T0, withDependents: true });
    assert.deepEqual(await statesOf(store, "a", "b", "join", "next"), [
      ...["pending", "completed"],
      ...["blocked", "blocked"],
    ]);
    assert.deepEqual([await end(store), await end(store), await end(store)], ["a", "join", "next"]);
    assert.equal(await picture(store), "completed, sealed, 0 open, 2 completed");
  });

  test("an empty group that is sealed has ended", async (store) => {
    const [a] = await enqueue(store, {}, { group: "g" });
    const [after] = await enqueue(store, {}, { afterGroup: ["g"] });
    await store.delete([a!]);
    assert.deepEqual(await statesOf(store, after!), ["blocked"]);
    await store.sealGroup("g", T0);
    assert.deepEqual(await statesOf(store, after!), ["skipped"]);
  });

  test("nobody adds to a sealed group but its own running jobs, and who says so", async (store) => {
    await store.register(newSupervisor("s"));
    const [a, other] = await enqueue(store, { seal: true }, { group: "g" }, {});
    const sealed = {
      name: "BadInput",
      message: 'Cannot enqueue into group "g": it is sealed; --reopen adds to it all the same',
    };
    for (const joining of [{}, { seal: true }, { by: other! }, { by: "none" }]) {
      await assert.rejects(enqueue(store, joining, {}, { group: "g" }), sealed);
    }
    assert.equal((await store.list({ limit: 9 })).jobs.length, 2, "nothing was enqueued");
    await claim(store, "s", { count: 1 });
    await enqueue(store, { by: a! }, { group: "g" });
    assert.equal(await picture(store), "open, sealed, 2 open");
    await enqueue(store, { reopen: true }, { group: "g" });
    assert.equal(await picture(store), "open, sealed, 3 open");
  });

  test("a group that has ended goes on when jobs are added in spite of the seal", async (store) => {
    await store.register(newSupervisor("s"));
    const [a] = await enqueue(store, { seal: true }, { group: "g" });
    const [after] = await enqueue(store, {}, { afterGroupEnded: ["g"], held: true });
    await end(store);
    assert.deepEqual(await statesOf(store, after!), ["pending"]);
    await assert.rejects(
      enqueue(store, { by: a! }, { group: "g" }),
      { name: "BadInput" },
      "its job has ended",
    );
    await enqueue(store, { reopen: true }, { group: "g" });
    assert.deepEqual(await statesOf(store, after!), ["blocked"]);
    await end(store);
    assert.deepEqual(await statesOf(store, after!), ["pending"]);
  });

  test("with so many dead jobs the waiting rest is called off, and nobody adds more", async (store) => {
    await store.register(newSupervisor("s"));
    const jobs = Array.from({ length: 300 }, () => ({ group: "g" }));
    await enqueue(store, { seal: true, maxFailures: 2 }, ...jobs);
    const [running] = await claim(store, "s", { count: 1 });
    await end(store, "dead");
    assert.equal(await picture(store), "open, sealed, 299 open, 1 dead");
    await end(store, "dead");
    assert.equal(await picture(store), "open, sealed, 1 open, 2 dead, 297 cancelled");
    await assert.rejects(enqueue(store, { reopen: true }, { group: "g" }), {
      name: "Refused",
      message: 'Cannot enqueue into group "g": 2 of its jobs have failed, and it was to stop at that',
    });
    await settle(store, "s", settlement(running!.token));
    assert.equal(await picture(store), "failed, sealed, 0 open, 1 completed, 2 dead, 297 cancelled");
  });

  test("a group that is not there, and one's own, cannot be waited for", async (store) => {
    await assert.rejects(enqueue(store, {}, {}, { afterGroup: ["g"] }), {
      name: "BadNeed",
      message: 'Cannot make a job wait for group "g": no such group',
      index: 1,
    });
    await assert.rejects(enqueue(store, {}, { group: "g", afterGroupEnded: ["g"] }), {
      name: "BadNeed",
      message: 'Cannot make a job of group "g" wait for that group',
    });
    await enqueue(store, {}, { id: "x", group: "g" });
    await assert.rejects(store.edit("x", { afterGroup: ["g"] }, T0), {
      name: "BadInput",
      message: 'Cannot make job "x" wait for group "g": that waits for it',
    });
    await assert.rejects(store.edit("x", { afterGroup: ["none"] }, T0), {
      name: "NoSuch",
      message: 'Cannot make job "x" wait for group "none": no such group',
    });
    assert.equal(await store.group("none"), undefined);
  });

  test("jobs cannot wait for each other over groups, together or one after the other", async (store) => {
    await assert.rejects(
      enqueue(store, {}, { id: "a", group: "g", after: ["b"] }, { id: "b", afterGroup: ["g"] }),
      { name: "NeedsCycle" },
    );
    assert.equal(await store.group("g"), undefined);
    await enqueue(store, {}, { group: "g" }, { id: "b", afterGroup: ["g"] });
    await assert.rejects(enqueue(store, {}, { id: "a", group: "g", after: ["b"] }), {
      name: "BadNeed",
      message: 'Cannot make a job of group "g" wait for "b": that waits for the group',
    });
    await enqueue(store, {}, { id: "c", group: "h", after: ["b"] });
    await assert.rejects(store.edit("b", { afterGroup: ["h"] }, T0), {
      name: "BadInput",
      message: 'Cannot make job "b" wait for group "h": that waits for it',
    });
  });

  test("a job can wait for a group that is enqueued with it, and for several", async (store) => {
    await store.register(newSupervisor("s"));
    const [, , all, any] = await enqueue(
      store,
      { seal: true },
      { group: "g" },
      { group: "h", priority: 5 },
      { afterGroup: ["g", "h"] },
      { afterGroup: ["g", "h"], any: true, held: true },
    );
    await end(store);
    assert.deepEqual(await statesOf(store, all!, any!), ["blocked", "pending"]);
    const [needs] = await store.needs([all!], 9);
    assert.deepEqual(needs!.needs.map(({ id, group, job, decided }) => [id, group, job, decided]), [
      ["h", "open", null, null],
      ["g", "completed", null, "met"],
    ]);
    await end(store);
    assert.deepEqual(await statesOf(store, all!), ["pending"]);
    const { jobs, of } = await store.neededBy({ group: "h" }, 1);
    assert.deepEqual([jobs.map(({ id }) => id), of], [[all], 2]);
  });

  test("edit --after-group and none", async (store) => {
    await enqueue(store, {}, { group: "g" }, { id: "x" });
    assert.equal((await store.edit("x", { afterGroup: ["g"] }, T0)).state, "blocked");
    assert.equal((await store.edit("x", { afterGroup: [] }, T0)).state, "pending");
  });

  test("all jobs of a group are cancelled, retried and deleted by it", async (store) => {
    await enqueue(store, { seal: true }, { group: "g" }, {}, { group: "g" });
    const which = { group: "g" };
    const cancelled = await changeAll(store, { which, wish: { verb: "cancel" } }, { now: T0 });
    assert.equal(cancelled.done, 2);
    assert.equal(await picture(store), "cancelled, sealed, 0 open, 2 cancelled");
    await changeAll(store, { which, wish: { verb: "retry" } }, { now: T0 });
    assert.equal(await picture(store), "open, sealed, 2 open");
    await changeAll(store, { which, wish: { verb: "delete" } }, { now: T0 });
    assert.equal(await picture(store), "cancelled, sealed, 0 open, 2 cancelled");
    assert.equal((await store.list({ limit: 9 })).jobs.length, 1);
  });

  test("pruning its jobs changes nothing of a group; it goes when they are gone and nobody waits for it", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { seal: true }, { group: "g" }, { group: "open" });
    await enqueue(store, {}, { group: "unsealed" });
    const [after] = await enqueue(store, {}, { afterGroup: ["g", "unsealed"], priority: 9 });
    await end(store);
    await end(store);
    await end(store);
    await prune(store, T0 + 2000);
    assert.equal(await picture(store), "gone", "it was told");
    assert.equal(await picture(store, "unsealed"), "open, 0 open, 1 completed");
    assert.deepEqual(await statesOf(store, after!), ["blocked"]);
    await store.sealGroup("unsealed", T0 + 2500);
    assert.deepEqual(await statesOf(store, after!), ["pending"]);
    await prune(store, T0 + 2501);
    assert.equal(await picture(store, "unsealed"), "gone");
    const [needs] = await store.needs([after!], 9);
    assert.deepEqual(needs!.needs.map(({ id, group }) => [id, group]).sort(), [["g", null], [
      "unsealed",
      null,
    ]]);
  });

  test("a group that has jobs, or is waited for, is not forgotten", async (store) => {
    await assert.rejects(store.deleteGroup("g"), { message: 'Cannot delete group "g": no such group' });
    await assert.rejects(store.sealGroup("g", T0), { message: 'Cannot seal group "g": no such group' });
    const [a] = await enqueue(store, {}, { group: "g" });
    const [x] = await enqueue(store, {}, { afterGroupEnded: ["g"] });
    await assert.rejects(store.deleteGroup("g"), {
      name: "Refused",
      message: 'Cannot delete group "g": it has 1 job; delete them first, with --group',
    });
    await store.delete([a!]);
    await assert.rejects(store.deleteGroup("g"), {
      name: "Refused",
      message: `Cannot delete group "g": job "${x}" waits for it; seal the group first`,
    });
    await store.delete([x!]);
    await store.deleteGroup("g");
    assert.equal(await store.group("g"), undefined);
  });

  test("very many join a group at once, which has not ended before all of them have", async (store) => {
    const many = Array.from({ length: 2500 }, () => newJob({ group: "g" }));
    await store.enqueue(many, { now: T0, idFormat: "short", joining: { seal: true } });
    assert.equal(await picture(store), "open, sealed, 2500 open");
    assert.equal((await store.list({ group: "g", limit: 1 })).jobs.length, 1);
    await assert.rejects(
      store.enqueue(many, { now: T0, idFormat: "short", joining: { seal: true } }),
      { name: "BadInput" },
    );
    assert.equal(await picture(store), "open, sealed, 2500 open");
  });

  test("very many jobs can wait for a group that is made with them, and for one that is there", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { seal: true }, { group: "before" });
    await end(store);
    const many = Array.from({ length: 1500 }, (_, n) => newJob({ group: "g", held: n > 0 }));
    const waiting = [
      newJob({ id: "all", afterGroup: ["g"] }),
      newJob({ id: "late", afterGroup: ["before"] }),
    ];
    const options = { now: T0, idFormat: "short", joining: { seal: true } } as const;
    await store.enqueue([...waiting, ...many], options);
    assert.deepEqual(await statesOf(store, "all", "late"), ["blocked", "pending"]);
    await changeAll(store, { which: { group: "g" }, wish: { verb: "cancel" } }, { now: T0 });
    assert.deepEqual(await statesOf(store, "all"), ["skipped"]);
    const unknown = newJob({ afterGroup: ["none"] });
    await assert.rejects(store.enqueue([...many, unknown], { ...options, joining: { reopen: true } }), {
      name: "BadNeed",
      message: 'Cannot make a job wait for group "none": no such group',
      index: 1500,
    });
    assert.equal(await picture(store), "cancelled, sealed, 0 open, 1500 cancelled");
  });

  test("two who add to a group and end its jobs at once lose no count", async (store, opened) => {
    using other = closing(await opened.another());
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, ...Array.from({ length: 20 }, () => ({ group: "g" })));
    const jobs = await claim(store, "s", { count: 20 });
    await Promise.all([
      ...jobs.map(({ token }) => settle(store, "s", settlement(token))),
      ...Array.from({ length: 20 }, () => enqueue(other.store, {}, { group: "g" })),
    ]);
    await tell(store);
    assert.equal(await picture(store), "open, 20 open, 20 completed");
  });
}
