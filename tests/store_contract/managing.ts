/**
 * @module
 * What every store must do. What people do to jobs that exist.
 */
import assert from "node:assert/strict";
import type { State } from "../../src/domain/job.ts";
import type { Store } from "../../src/store/contract.ts";
import { claim, death, enqueue, failure, newSupervisor, settle, settlement, T0 } from "../helpers/jobs.ts";
import type { Test } from "./suite.ts";

/** What people do to jobs that exist. */
export function managing(test: Test): void {
  /** One job in each state, with the state's name as its id. */
  async function oneOfEach(store: Store): Promise<void> {
    await store.register(newSupervisor("s"));
    await enqueue(store, { id: "completed" }, { id: "failed" }, { id: "dead" }, { id: "processing" });
    const [completed, failed, dead] = await claim(store, "s", { count: 4 });
    await settle(
      store,
      "s",
      settlement(completed!.token),
      failure(failed!.token, { runAt: T0 + 1e6 }),
      death(dead!.token),
    );
    await enqueue(store, { id: "pending" }, { id: "scheduled", runAt: T0 + 1e6 }, { id: "cancelled" });
    await store.cancel(["cancelled"], T0);
  }

  const all: State[] = ["pending", "scheduled", "processing", "completed", "failed", "dead", "cancelled"];

  /** Tries `act` on a job in each state; returns the states it left behind, or the refusals. */
  async function onEach(
    store: Store,
    act: (id: string) => Promise<unknown>,
  ): Promise<Record<string, string>> {
    const results: Record<string, string> = {};
    for (const id of all) {
      try {
        await act(id);
        results[id] = (await store.states([id]))[0] ?? "gone";
      } catch (error) {
        assert.equal((error as Error).name, "Refused");
        assert.deepEqual(await store.states([id]), [id], "a refusal changes nothing");
        results[id] = (error as Error).message;
      }
    }
    return results;
  }

  test("cancel() calls off waiting jobs, asks for running ones, and refuses ended ones", async (store) => {
    await oneOfEach(store);
    assert.deepEqual(await onEach(store, (id) => store.cancel([id], T0 + 5)), {
      pending: "cancelled",
      scheduled: "cancelled",
      processing: "processing",
      completed: 'Cannot cancel job "completed": it is completed',
      failed: "cancelled",
      dead: 'Cannot cancel job "dead": it is dead',
      cancelled: 'Cannot cancel job "cancelled": it is cancelled',
    });
    assert.equal((await store.get("processing"))?.cancelRequested, true);
    assert.equal((await store.get("pending"))?.finishedAt, T0 + 5);
  });

  test("retry() makes failed and ended jobs pending and starts their count afresh", async (store) => {
    await oneOfEach(store);
    assert.deepEqual(await onEach(store, (id) => store.retry([id], { now: T0 + 5 })), {
      pending: 'Cannot retry job "pending": it is pending already',
      scheduled: 'Cannot retry job "scheduled": it is scheduled; edit its time to run it now',
      processing: 'Cannot retry job "processing": it is processing; cancel it first',
      completed: "pending",
      failed: "pending",
      dead: "pending",
      cancelled: "pending",
    });
    const dead = (await store.get("dead"))!;
    assert.deepEqual(
      [dead.attempts, dead.lastAttempt, dead.error, dead.exitCode, dead.finishedAt],
      [0, 1, null, null, null],
    );
    assert.equal((await store.attempts("dead")).length, 1);
    const again = (await claim(store, "s", { count: 9 })).find(({ id }) => id === "dead")!;
    assert.deepEqual([again.attempts, again.lastAttempt], [1, 2]);
  });

  test("delete() removes a job in any state but processing, with its attempts and output", async (store) => {
    await oneOfEach(store);
    assert.deepEqual(await onEach(store, (id) => store.delete([id])), {
      pending: "gone",
      scheduled: "gone",
      processing: 'Cannot delete job "processing": it is processing; cancel it first',
      completed: "gone",
      failed: "gone",
      dead: "gone",
      cancelled: "gone",
    });
    assert.deepEqual(await store.attempts("dead"), []);
  });

  test("edit() changes waiting jobs only", async (store) => {
    await oneOfEach(store);
    assert.deepEqual(await onEach(store, (id) => store.edit(id, { priority: 9 }, T0)), {
      pending: "pending",
      scheduled: "scheduled",
      processing: 'Cannot edit job "processing": it is processing; cancel it first',
      completed: 'Cannot edit job "completed": it is completed; retry it first',
      failed: "failed",
      dead: 'Cannot edit job "dead": it is dead; retry it first',
      cancelled: 'Cannot edit job "cancelled": it is cancelled; retry it first',
    });
  });

  test("hold() keeps waiting jobs only", async (store) => {
    await oneOfEach(store);
    assert.deepEqual(await onEach(store, (id) => store.hold([id], true)), {
      pending: "pending",
      scheduled: "scheduled",
      processing: 'Cannot hold job "processing": it is processing',
      completed: 'Cannot hold job "completed": it is completed',
      failed: "failed",
      dead: 'Cannot hold job "dead": it is dead',
      cancelled: 'Cannot hold job "cancelled": it is cancelled',
    });
    await assert.rejects(store.hold(["dead"], false), { message: 'Cannot release job "dead": it is dead' });
  });

  test("retry() of a held job leaves it held, and says so", async (store) => {
    await oneOfEach(store);
    await store.hold(["failed"], true);
    assert.deepEqual(await store.retry(["failed", "dead"], { now: T0 + 5 }), ["failed"]);
    const job = await store.get("failed");
    assert.deepEqual([job?.state, job?.held], ["pending", true]);
  });

  test("`only` narrows retry() and delete() to one state", async (store) => {
    await oneOfEach(store);
    await assert.rejects(store.retry(["dead", "failed"], { now: T0, only: "dead" }), {
      message: 'Cannot retry job "failed": it is failed, not dead',
    });
    await assert.rejects(store.delete(["dead", "pending"], { only: "dead" }), {
      message: 'Cannot delete job "pending": it is pending, not dead',
    });
    await store.retry(["dead"], { now: T0, only: "dead" });
    assert.deepEqual(await store.states(["dead"]), ["pending"]);
  });

  test("of many ids one that is unknown or in the way stops them all", async (store) => {
    await enqueue(store, {}, {});
    await assert.rejects(store.cancel(["j1", "42x"], T0), {
      message: 'Cannot cancel job "42x": no such job',
    });
    await assert.rejects(store.hold(["j1", "42x"], true), { message: 'Cannot hold job "42x": no such job' });
    await assert.rejects(store.delete(["j1", "j2", "j2"]), {
      message: 'Cannot delete job "j2": no such job',
    });
    await assert.rejects(store.retry(["42x"], { now: T0 }), {
      message: 'Cannot retry job "42x": no such job',
    });
    await assert.rejects(store.edit("42x", {}, T0), { message: 'Cannot edit job "42x": no such job' });
    assert.deepEqual(await store.states(["j1", "j2"]), ["pending", "pending"]);
    assert.equal((await store.get("j1"))?.held, false);
  });

  test("edit() changes each field, and moves a job in time and between queues", async (store) => {
    await enqueue(store, {});
    const changes = {
      command: "false",
      queue: "other",
      priority: 3,
      maxRetries: 0,
      timeoutMs: 50,
      label: "l",
      cwd: "/",
      env: { A: "1" },
    };
    const edited = await store.edit("j1", { ...changes, runAt: T0 + 100 }, T0);
    assert.deepEqual({ ...edited, ...changes }, edited);
    assert.deepEqual([edited.state, edited.runAt], ["scheduled", T0 + 100]);
    assert.deepEqual(await store.get("j1"), edited);
    const now = await store.edit("j1", { runAt: null, label: null, cwd: null, env: null }, T0);
    assert.deepEqual([now.state, now.runAt, now.label, now.cwd, now.env], [
      "pending",
      null,
      null,
      null,
      null,
    ]);
    assert.equal((await store.edit("j1", { runAt: T0 }, T0)).state, "pending");
  });

  test("edit() can put off a failed job, or let it run at once", async (store) => {
    await oneOfEach(store);
    assert.equal((await store.edit("failed", { runAt: T0 + 2e6 }, T0)).state, "scheduled");
    assert.equal((await store.edit("failed", { runAt: null }, T0)).state, "pending");
    assert.equal((await store.get("failed"))?.attempts, 1);
  });
}
