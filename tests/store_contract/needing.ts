/**
 * @module
 * What every store must do. Jobs that need others: when they start, when they are skipped, when they wait again.
 */
import assert from "node:assert/strict";
import { SKIP_REASONS, WANTINGS } from "../../src/domain/needs.ts";
import type { Store } from "../../src/store/contract.ts";
import {
  claim,
  claimOne,
  death,
  enqueue,
  failure,
  newSupervisor,
  settle,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { closing, type Test } from "./suite.ts";

/** Jobs that need others. */
export function needing(test: Test): void {
  /** The states of jobs, with the reason of those that are skipped. */
  async function statesOf(store: Store, ...ids: string[]): Promise<string[]> {
    return await Promise.all(ids.map(async (id) => {
      const job = await store.get(id);
      return job === undefined ? "gone" : job.state + (job.skippedFor === null ? "" : ` ${job.skippedFor}`);
    }));
  }

  /** Has a job that can be claimed end in a way. */
  async function end(
    store: Store,
    id: string,
    how: "completed" | "dead" | "cancelled" | "failed",
  ): Promise<void> {
    if (how === "cancelled") {
      await store.cancel([id], T0);
      return;
    }
    const job = await claimOne(store, "s");
    assert.equal(job.id, id);
    await settle(
      store,
      "s",
      how === "completed" ? settlement(job.token) : how === "dead" ? death(job.token) : failure(job.token),
    );
  }

  test("a job that needs another waits until that has completed, and is claimed then", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] });
    assert.deepEqual(await statesOf(store, "a", "b"), ["pending", "blocked"]);
    const [a, ...none] = await claim(store, "s", { count: 5 });
    assert.deepEqual([a!.id, none], ["a", []]);
    const free = ["s-worker"];
    const { claimed } = await store.exchange({
      supervisor: "s",
      now: T0 + 1000,
      settlements: [settlement(a!.token)],
      output: [],
      free,
      queues: null,
    });
    const [b] = claimed.length > 0 ? claimed : await claim(store, "s", { now: T0 + 1000 });
    assert.equal(b!.id, "b");
    assert.equal(b!.runAt, T0 + 1000, "it is ready from then on");
  });

  test("an attempt that fails is no end as long as others follow", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] }, { id: "c", afterFailed: ["a"] });
    await end(store, "a", "failed");
    assert.deepEqual(await statesOf(store, "a", "b", "c"), ["failed", "blocked", "blocked"]);
  });

  for (const how of ["completed", "dead", "cancelled"] as const) {
    const expected = {
      completed: ["pending", "skipped unneeded", "pending"],
      dead: ["skipped failed", "pending", "pending"],
      cancelled: ["skipped called_off", "skipped called_off", "pending"],
    }[how];

    test(`jobs that need one that is ${how} afterwards, or before`, async (store) => {
      await store.register(newSupervisor("s"));
      const dependents = (when: string) => [
        { id: `${when}-after`, after: ["a"] },
        { id: `${when}-failed`, afterFailed: ["a"] },
        { id: `${when}-ended`, afterEnded: ["a"] },
      ];
      await enqueue(store, { id: "a" }, ...dependents("early"));
      await end(store, "a", how);
      await enqueue(store, ...dependents("late"));
      for (const when of ["early", "late"]) {
        assert.deepEqual(
          await statesOf(store, `${when}-after`, `${when}-failed`, `${when}-ended`),
          expected,
          when,
        );
      }
      const skipped = (await store.list({ limit: 9, state: "skipped" })).jobs;
      assert.ok(skipped.every(({ finishedAt, attempts }) => finishedAt !== null && attempts === 0));
    });
  }

  test("why a job was skipped travels on: what is for failure still runs at the end of a chain", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(
      store,
      { id: "a" },
      { id: "b", after: ["a"] },
      { id: "c", after: ["b"] },
      { id: "tell", afterFailed: ["c"] },
      { id: "clean", afterEnded: ["c"] },
    );
    await end(store, "a", "dead");
    assert.deepEqual(await statesOf(store, "b", "c", "tell", "clean"), [
      "skipped failed",
      "skipped failed",
      "pending",
      "pending",
    ]);
  });

  test("a job that was deleted while it waited was called off", async (store) => {
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] }, { id: "c", afterEnded: ["a"] });
    await assert.rejects(store.delete(["a"]), {
      name: "Refused",
      message: 'Cannot delete job "a": job "b" waits for it; cancel it, or use --force',
    });
    assert.deepEqual(await statesOf(store, "a", "b"), ["pending", "blocked"]);
    await store.delete(["a"], { force: true });
    assert.deepEqual(await statesOf(store, "a", "b", "c"), ["gone", "skipped called_off", "pending"]);
  });

  test("whoever deletes all that a filter finds deletes what others wait for, too", async (store) => {
    await enqueue(store, { id: "a", queue: "q" }, { id: "b", after: ["a"] }, { id: "c", afterEnded: ["a"] });
    const selection = await store.select({ queue: "q" }, { verb: "delete" });
    assert.equal((await store.change(selection, { now: T0 })).done, 1);
    assert.deepEqual(await statesOf(store, "a", "b", "c"), ["gone", "skipped called_off", "pending"]);
    assert.deepEqual(await store.recount(), []);
  });

  test("very many jobs enqueued together need each other, in any order, as few do", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "old" }, { id: "bad" });
    await end(store, "old", "completed");
    await end(store, "bad", "dead");
    const four = (n: number) => [
      { after: [n + 1] },
      { after: ["old"], id: `${n}` },
      { after: ["bad"], stdin: new Uint8Array([n % 256]) },
      { afterFailed: [n + 2] },
    ];
    const jobs = Array.from({ length: 350 }, (_, n) => four(4 * n)).flat();
    const ids = await enqueue(store, ...jobs);
    assert.deepEqual(ids.slice(0, 5), ["j3", "0", "j5", "j6", "j7"]);
    assert.deepEqual(await statesOf(store, ...ids.slice(-4)), [
      "blocked",
      "pending",
      "skipped failed",
      "pending",
    ]);
    const { counts } = await store.summary(0);
    assert.deepEqual([counts.blocked, counts.pending, counts.skipped], [350, 700, 350]);
    assert.deepEqual(await store.recount(), []);
    const [first] = await claim(store, "s");
    assert.equal(first!.id, "0");
    await settle(store, "s", settlement(first!.token));
    assert.deepEqual(await statesOf(store, ids[0]!), ["pending"]);
    assert.deepEqual(await store.stdin(ids[2]!), new Uint8Array([0]));
  });

  test("of very many jobs of which one needs what is not there, none is stored", async (store) => {
    const jobs = Array.from({ length: 1200 }, (_, n) => ({ after: n > 0 ? [n - 1] : [] }));
    await assert.rejects(enqueue(store, ...jobs, { after: ["nobody"] }), { name: "BadNeed", index: 1200 });
    await assert.rejects(enqueue(store, { after: [1199] }, ...jobs.slice(1)), { name: "NeedsCycle" });
    assert.deepEqual((await store.list({ limit: 9 })).jobs, []);
  });

  test("what one job may need is limited", async (store) => {
    const many = Array.from({ length: 10_001 }, (_, n) => `j${n + 1}`);
    const message = "Cannot make a job wait for 10001 others: at most 10000";
    await assert.rejects(enqueue(store, { after: many }), { name: "BadNeed", message });
    const [id] = await enqueue(store, { held: true });
    await assert.rejects(store.edit(id!, { after: many }, T0), { name: "BadInput", message });
  });

  test("those that wait for each other's ends can be deleted together", async (store) => {
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] });
    await store.delete(["a", "b", "c"]);
    assert.deepEqual(await statesOf(store, "a", "b", "c"), ["gone", "gone", "gone"]);
  });

  test("with `any`, the first need that is met is enough, and only when none can be met it is skipped", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b" }, { id: "one", after: ["a", "b"], any: true });
    await enqueue(store, { id: "none", afterFailed: ["a", "b"], any: true });
    await end(store, "a", "completed");
    assert.deepEqual(await statesOf(store, "one", "none"), ["pending", "blocked"]);
    await store.cancel(["b"], T0);
    assert.deepEqual(await statesOf(store, "one", "none"), ["pending", "skipped called_off"]);
  });

  test("retry() of what is needed lets those wait again that never started, all along the chain", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] });
    await end(store, "a", "dead");
    assert.deepEqual(await statesOf(store, "b", "c"), ["skipped failed", "skipped failed"]);
    await store.retry(["a"], { now: T0 + 5 });
    assert.deepEqual(await statesOf(store, "a", "b", "c"), ["pending", "blocked", "blocked"]);
    assert.equal((await store.get("b"))!.finishedAt, null);
    await end(store, "a", "completed");
    assert.deepEqual(await statesOf(store, "b", "c"), ["pending", "blocked"]);
    await store.retry(["a"], { now: T0 + 5 });
    assert.deepEqual(await statesOf(store, "b", "c"), ["blocked", "blocked"], "it had not started yet");
    await end(store, "a", "completed");
    await end(store, "b", "completed");
    await store.retry(["a"], { now: T0 + 5 });
    assert.deepEqual(await statesOf(store, "b", "c"), ["completed", "pending"], "it has started");
  });

  test("retry() with dependents runs those again, too, that have ended", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }, { id: "d" });
    for (const id of ["a"]) await end(store, id, "completed");
    await end(store, "b", "completed").catch(() => {});
    for (const job of await claim(store, "s", { count: 9 })) await settle(store, "s", settlement(job.token));
    for (const job of await claim(store, "s", { count: 9 })) await settle(store, "s", settlement(job.token));
    assert.deepEqual(await statesOf(store, "a", "b", "c", "d"), Array(4).fill("completed"));
    await store.retry(["a"], { now: T0 + 5, withDependents: true });
    assert.deepEqual(await statesOf(store, "a", "b", "c", "d"), [
      "pending",
      "blocked",
      "blocked",
      "completed",
    ]);
    await end(store, "a", "completed");
    await end(store, "b", "completed");
    await end(store, "c", "completed");
    assert.deepEqual(await statesOf(store, "a", "b", "c"), ["completed", "completed", "completed"]);
  });

  test("retry() of what its needs keep from starting is refused, unless they are ignored", async (store) => {
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["a"] });
    await assert.rejects(store.retry(["b"], { now: T0 }), {
      message: 'Cannot retry job "b": it is blocked; --ignore-needs runs it all the same',
    });
    await store.retry(["b"], { now: T0, ignoreNeeds: true });
    await store.cancel(["a"], T0);
    await assert.rejects(store.retry(["c"], { now: T0 }), {
      message:
        'Cannot retry job "c": it is skipped; retry what it needs, or run it all the same with --ignore-needs',
    });
    await store.retry(["c"], { now: T0, ignoreNeeds: true });
    await store.retry(["a"], { now: T0 });
    assert.deepEqual(await statesOf(store, "b", "c"), ["pending", "pending"], "their needs are history");
  });

  test("a job that was called off while it waited waits again when it is retried", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] });
    await store.cancel(["b"], T0);
    await store.retry(["b"], { now: T0 });
    assert.deepEqual(await statesOf(store, "b"), ["blocked"]);
    await store.cancel(["b"], T0);
    await end(store, "a", "completed");
    assert.deepEqual(await statesOf(store, "b"), ["cancelled"]);
    await store.retry(["b"], { now: T0 });
    assert.deepEqual(await statesOf(store, "b"), ["pending"]);
  });

  test("a time is kept while it waits for others", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"], runAt: T0 + 1e6 });
    await end(store, "a", "completed");
    assert.deepEqual(await statesOf(store, "b"), ["scheduled"]);
    assert.equal((await store.get("b"))!.runAt, T0 + 1e6);
  });

  test("a held job stays held whatever becomes of those it needs", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"], held: true });
    await end(store, "a", "dead");
    await store.retry(["a"], { now: T0 });
    await end(store, "a", "completed");
    const b = (await store.get("b"))!;
    assert.deepEqual([b.state, b.held], ["pending", true]);
    assert.deepEqual(await claim(store, "s"), []);
  });

  test("pruning changes nothing of what was decided", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "x" }, { id: "b", after: ["a", "x"] });
    await end(store, "a", "completed");
    await store.delete(["a"]);
    assert.deepEqual(await statesOf(store, "a", "b"), ["gone", "blocked"]);
    await end(store, "x", "completed");
    assert.deepEqual(await statesOf(store, "b"), ["pending"]);
    const [needs] = await store.needs(["b"], 9);
    assert.deepEqual(needs!.needs.map(({ id, decided, job }) => [id, decided, job?.state]), [
      ["a", "met", undefined],
      ["x", "met", "completed"],
    ]);
  });

  test("what nobody knows, or the job itself, cannot be needed, and then nothing is stored", async (store) => {
    const bad = [
      [{ id: "b", after: ["x"] }, 'Cannot make a job wait for "x": no such job'],
      [{ id: "b", after: ["j77"] }, 'Cannot make a job wait for "j77": no such job'],
      [{ id: "b", after: ["b"] }, "Cannot make a job wait for itself"],
      [{ id: "b", after: ["a"], afterFailed: ["a"] }, 'Cannot make a job wait for "a" twice'],
    ] as const;
    await enqueue(store, { id: "a" });
    for (const [job, message] of bad) {
      await assert.rejects(enqueue(store, { id: "first" }, job), {
        name: "BadNeed",
        message,
        index: 1,
        exitCode: 2,
      });
    }
    assert.deepEqual((await store.list({ limit: 9 })).jobs.map(({ id }) => id), ["a"]);
    const [enqueued] = (await store.figures({ span: "total", queue: null })).map(({ figures }) =>
      figures.enqueued
    );
    assert.equal(enqueued, 1);
  });

  test("jobs that are enqueued together may need each other in any order, but not in a circle", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "c", after: ["b", 2] }, { id: "b", after: [2] }, {});
    assert.deepEqual(await statesOf(store, "c", "b", "j3"), ["blocked", "blocked", "pending"]);
    await assert.rejects(
      enqueue(store, { id: "free" }, { id: "x", after: ["z"] }, { id: "y", after: ["x"] }, {
        id: "z",
        afterEnded: ["y"],
      }),
      {
        name: "NeedsCycle",
        message: "Cannot make jobs wait for each other: x needs z needs y needs x",
        members: [1, 3, 2],
      },
    );
    assert.deepEqual(await statesOf(store, "free", "x"), ["gone", "gone"]);
  });

  test("jobs that are enqueued together, one of which is skipped at once", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" });
    await end(store, "a", "dead");
    await enqueue(store, { id: "d", afterFailed: ["c"] }, { id: "c", after: ["b"] }, {
      id: "b",
      after: ["a"],
    });
    assert.deepEqual(await statesOf(store, "b", "c", "d"), ["skipped failed", "skipped failed", "pending"]);
  });

  test("edit() replaces what a job needs, or lets it need nothing", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "x" }, { id: "b", after: ["a"] }, { id: "c" });
    assert.equal((await store.edit("b", { after: ["x"] }, T0)).state, "blocked");
    await store.cancel(["a"], T0);
    assert.deepEqual(await statesOf(store, "b"), ["blocked"]);
    assert.equal((await store.edit("c", { afterEnded: ["b"] }, T0)).state, "blocked");
    await assert.rejects(store.edit("b", { after: ["c"] }, T0), {
      name: "BadInput",
      message: 'Cannot make job "b" wait for "c": that waits for it',
    });
    await assert.rejects(store.edit("b", { after: ["b"] }, T0), {
      message: 'Cannot make job "b" wait for itself',
    });
    await assert.rejects(store.edit("b", { after: ["none-such"] }, T0), {
      message: 'Cannot make job "b" wait for "none-such": no such job',
    });
    assert.equal((await store.edit("b", { after: [] }, T0)).state, "pending");
    assert.deepEqual(await store.needs(["b"], 9), [null]);
    assert.equal((await store.edit("b", { after: ["a"] }, T0)).state, "skipped");
    assert.deepEqual(await statesOf(store, "c"), ["pending"]);
  });

  test("a job that was tried already cannot be made to wait", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b" });
    await end(store, "a", "failed");
    await assert.rejects(store.edit("a", { after: ["b"] }, T0), {
      message: 'Cannot make job "a" wait: it has been tried already',
    });
  });

  test("what runs goes on when what it needed runs again", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, { id: "b", after: ["a"] });
    await end(store, "a", "completed");
    const b = await claimOne(store, "s");
    await store.retry(["a"], { now: T0 });
    assert.deepEqual(await statesOf(store, "b"), ["processing"]);
    await settle(store, "s", settlement(b.token, { outcome: "unstarted" as const, state: "pending" }));
    assert.deepEqual(await statesOf(store, "a", "b"), ["pending", "pending"]);
  });

  test("what a job needs, and who needs it, can be seen", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" }, {});
    await enqueue(store, { id: "b", after: ["a"], afterEnded: ["j2"] }, { id: "c", after: ["b"] });
    await end(store, "a", "dead");
    const [b, j2, nobody] = await store.needs(["b", "j2", "nobody"], 1);
    assert.deepEqual(b, {
      any: false,
      bound: true,
      of: 2,
      open: 1,
      needs: [{
        id: "a",
        wanting: "completed",
        decided: "failed",
        job: { state: "dead", exitCode: 1, signal: null, error: "exit code 1", skippedFor: null },
      }],
    });
    assert.deepEqual([j2, nobody], [null, null]);
    assert.deepEqual(await store.neededBy("j2", 9), {
      jobs: [{ id: "b", state: "skipped", wanting: "ended", decided: null }],
      of: 1,
    });
    assert.deepEqual(await store.neededBy("nobody", 9), { jobs: [], of: 0 });
  });

  test("a supervisor is told to come again at once while there is more to be told, and stays for it", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" });
    for (let n = 0; n < 3; n++) {
      await enqueue(store, ...Array.from({ length: 900 }, () => ({ after: ["a"] })));
    }
    const a = await claimOne(store, "s");
    const first = await settle(store, "s", settlement(a.token));
    assert.ok(first.waiting);
    let come = first;
    for (let n = 0; come.nextDueAt !== null; n++) {
      assert.ok(n < 3000 && come.nextDueAt <= T0 + 1000);
      come = await settle(store, "s");
    }
    assert.equal((await store.queue("default"))!.counts.pending, 2700);
  });

  test("what one has begun to tell, whoever comes next goes on with", async (store, opened) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "a" });
    for (let n = 0; n < 3; n++) {
      await enqueue(store, ...Array.from({ length: 900 }, () => ({ after: ["a"] })));
    }
    const a = await claimOne(store, "s");
    assert.ok((await settle(store, "s", settlement(a.token))).nextDueAt !== null); // and dies
    using other = closing(await opened.another());
    while (await other.store.recover());
    assert.equal((await other.store.queue("default"))!.counts.pending, 2700);
  });

  test("what wants what, over all the ends of a skipped job", async (store) => {
    await store.register(newSupervisor("s"));
    for (const reason of SKIP_REASONS) {
      const how = { failed: "dead", called_off: "cancelled", unneeded: "completed" }[reason] as "dead";
      await enqueue(store, { id: `${reason}-a` });
      await end(store, `${reason}-a`, how);
      await enqueue(store, {
        id: reason,
        ...(reason === "unneeded" ? { afterFailed: [`${reason}-a`] } : { after: [`${reason}-a`] }),
      });
      const [completed, failed, ended] = WANTINGS.map((wanting) => `${reason}-${wanting}`);
      await enqueue(store, { id: completed!, after: [reason] }, { id: failed!, afterFailed: [reason] }, {
        id: ended!,
        afterEnded: [reason],
        held: true,
      });
      assert.deepEqual(await statesOf(store, completed!, failed!, ended!), [
        `skipped ${reason}`,
        reason === "failed" ? "pending" : `skipped ${reason}`,
        "pending",
      ]);
      if (reason === "failed") await store.hold([failed!], true);
    }
  });
}
