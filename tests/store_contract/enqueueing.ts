/**
 * @module
 * What every store must do. Storing new jobs.
 */
import assert from "node:assert/strict";
import { enqueue, newJob, T0 } from "../helpers/jobs.ts";
import { closing, enqueueMeanwhile, MANY, type Test } from "./suite.ts";

/** Storing new jobs. */
export function enqueueing(test: Test): void {
  test("enqueue() gives ids in order and stores everything that was said", async (store) => {
    const said = newJob({
      id: "report",
      command: "make report\n# ünïcødé",
      queue: "night",
      priority: -5,
      maxRetries: 7,
      timeoutMs: 1500,
      runAt: T0 + 1,
      label: "weekly",
      cwd: "/tmp",
      env: { A: "b c", "": "" },
      held: true,
    });
    assert.deepEqual(await enqueue(store, {}, said, {}), ["j1", "report", "j3"]);
    assert.deepEqual(await store.get("report"), {
      ...said,
      seq: 2,
      state: "scheduled",
      attempts: 0,
      lastAttempt: 0,
      cancelRequested: false,
      pausedAt: null,
      createdAt: T0,
      startedAt: null,
      finishedAt: null,
      exitCode: null,
      signal: null,
      error: null,
      worker: null,
      skippedFor: null,
      stdinSize: null,
      checkpointSize: null,
      snoozedSince: null,
      progress: null,
      usage: null,
    });
  });

  test("a job whose time has come by the time it is enqueued is pending", async (store) => {
    await enqueue(store, { runAt: T0 }, { runAt: T0 + 1 });
    assert.deepEqual(await store.states(["j1", "j2"]), ["pending", "scheduled"]);
  });

  test("enqueue() gives UUIDs when asked to, and those jobs have no short ids", async (store) => {
    const [id] = await store.enqueue([newJob()], { now: T0, idFormat: "uuid" });
    assert.match(id!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal((await store.get(id!))?.id, id);
    assert.equal(await store.get("j1"), undefined);
  });

  test("a request that comes again enqueues nothing, and gives the same ids", async (store) => {
    const request = { key: "k", fingerprint: "f" };
    const ask = (now: number, fingerprint = "f") =>
      store.enqueue([newJob(), newJob({ id: "named" })], {
        now,
        idFormat: "short",
        request: { ...request, fingerprint },
      });
    assert.deepEqual(await ask(T0), ["j1", "named"]);
    assert.deepEqual(await ask(T0 + 1), ["j1", "named"]);
    assert.equal((await store.list({ limit: 10 })).jobs.length, 2);
    await assert.rejects(ask(T0, "other"), {
      name: "Refused",
      message: 'Cannot enqueue with the key "k": it was used for something else',
    });
    await store.delete(["named"]);
    assert.deepEqual(await ask(T0 + 86_400_001), ["j3", "named"]);
  });

  test("a request that was refused may come again", async (store) => {
    await enqueue(store, { id: "a" });
    const request = { key: "k", fingerprint: "f" };
    const ask = () => store.enqueue([newJob({ id: "a" })], { now: T0, idFormat: "short", request });
    await assert.rejects(ask(), { name: "TakenId" });
    await store.delete(["a"]);
    assert.deepEqual(await ask(), ["a"]);
  });

  test("a taken id refuses the whole batch and says which job it was", async (store) => {
    await enqueue(store, { id: "a" });
    await assert.rejects(enqueue(store, {}, { id: "b" }, { id: "a" }, {}), {
      name: "TakenId",
      message: 'Cannot enqueue job "a": the id is taken',
      exitCode: 1,
      index: 2,
    });
    await assert.rejects(enqueue(store, { id: "c" }, { id: "c" }), { name: "TakenId", index: 1 });
    assert.deepEqual((await store.list({ limit: 10 })).jobs.map(({ id }) => id), ["a"]);
  });

  test("a batch whose source fails stores nothing", async (store) => {
    function* source() {
      yield newJob();
      throw new Error("line 2 is bad");
    }
    await assert.rejects(store.enqueue(source(), { now: T0, idFormat: "short" }), /line 2 is bad/);
    assert.deepEqual((await store.list({ limit: 10 })).jobs, []);
    assert.deepEqual(await enqueue(store, {}), ["j1"]);
  });

  test("a number is never given twice, not even after its job was deleted", async (store) => {
    await enqueue(store, {}, {});
    await store.delete(["j2"]);
    assert.deepEqual(await enqueue(store, {}), ["j3"]);
  });

  test(
    "very many jobs let others write while they are stored, and their numbers are in their order",
    async (store, opened) => {
      const stored = enqueue(store, ...Array.from({ length: 2 * MANY }, (_, i) => ({ priority: i % 3 })));
      const meanwhile = await enqueueMeanwhile(opened, stored);
      assert.ok(meanwhile.length > 1, `${meanwhile.length} others were enqueued meanwhile`);
      const ids = await stored;
      assert.equal(new Set(ids).size, 2 * MANY);
      // not one after the other: those of others may lie between them
      const numbers = ids.map((id) => Number(/^j(\d+)$/.exec(id)![1]));
      assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
      assert.deepEqual((await store.get(ids[1000]!))!.priority, 1000 % 3);
    },
  );

  test("very many jobs are as they were given, whatever is in them", async (store) => {
    const odd = {
      command: `echo '"$(x)"' \\ \u2028 \u{1f600} äß\n\t# []{}`,
      queue: "q.1",
      priority: -7,
      maxRetries: 0,
      timeoutMs: 1500,
      runAt: T0 + 5000,
      label: `"quoted"`,
      cwd: "/tmp/a b",
      env: { A: `'\n"`, "Ä": "" },
      held: true,
    };
    const ids = await enqueue(store, ...Array.from({ length: 1500 }, (_, i) => i === 1200 ? odd : {}));
    const job = (await store.get(ids[1200]!))!;
    assert.deepEqual({ ...job, ...odd }, job);
    assert.deepEqual([job.state, job.createdAt, job.env], ["scheduled", T0, odd.env]);
  });

  test("an id that is taken stops very many jobs, too, and says which", async (store) => {
    await enqueue(store, { id: "x" });
    const jobs = (id: string) => Array.from({ length: 3000 }, (_, i) => i === 2500 ? { id } : {});
    await assert.rejects(enqueue(store, ...jobs("x")), {
      name: "TakenId",
      message: 'Cannot enqueue job "x": the id is taken',
      index: 2500,
    });
    await assert.rejects(enqueue(store, { id: "y" }, ...jobs("y")), { index: 2501 });
    assert.equal((await store.list({ limit: 9 })).jobs.length, 1);
    assert.deepEqual(await enqueue(store, { id: "y" }), ["y"], "it is free");
  });

  test(
    "of one and of very many jobs that want the same id at the same time, one gets it",
    async (store, opened) => {
      using other = closing(await opened.another());
      let raced: Promise<unknown> | undefined;
      function* jobs() {
        for (let i = 0; i < 9000; i++) {
          if (i === 8000) raced = Promise.allSettled([enqueue(other.store, { id: "x" })]);
          yield newJob({ id: i === 0 ? "x" : null });
        }
      }
      await store.enqueue(jobs(), { now: T0, idFormat: "short" });
      assert.equal((await raced as PromiseSettledResult<unknown>[])[0]!.status, "rejected");
      assert.equal((await store.list({ search: "x", limit: 9 })).jobs.length, 1);
    },
  );

  test("very many jobs that are asked for twice with one key are stored once", async (store, opened) => {
    using other = closing(await opened.another());
    const request = { key: "k", fingerprint: "f" };
    const jobs = Array.from({ length: 3000 }, () => newJob());
    const [one, two] = await Promise.all(
      [store, other.store].map((store) => store.enqueue(jobs, { now: T0, idFormat: "short", request })),
    );
    assert.deepEqual(one, two);
    assert.deepEqual(await store.enqueue(jobs, { now: T0 + 1, idFormat: "short", request }), one);
    assert.equal((await store.queues())[0]!.counts.pending, 3000);
  });
}
