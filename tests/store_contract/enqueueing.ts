/**
 * @module
 * What every store must do. Storing new jobs.
 */
import assert from "node:assert/strict";
import { enqueue, newJob, T0 } from "../helpers/jobs.ts";
import type { Test } from "./suite.ts";

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
      createdAt: T0,
      startedAt: null,
      finishedAt: null,
      exitCode: null,
      signal: null,
      error: null,
      worker: null,
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
}
