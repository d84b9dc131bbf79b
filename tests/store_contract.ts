/**
 * @module
 * What every store must do. A store's own tests call `storeContract` with a way to open it; nothing here knows
 * which store it is.
 */
import assert from "node:assert/strict";
import { quantile } from "../src/figures.ts";
import type { State } from "../src/job.ts";
import type { JobFilter, Store } from "../src/store/store.ts";
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
  settlement,
  T0,
} from "./helpers/jobs.ts";
import { until } from "./helpers/until.ts";

/** An empty store to be tested, and what is needed around it. */
export interface Opened extends Disposable {
  store: Store;
  /** Another connection to the same store, as another process has it. Closed by whoever asked for it. */
  another(): Promise<Store>;
  /** A path for a file that does not exist. */
  file: string;
}

/** Runs the suite. `open` makes a new, empty store. */
export function storeContract(name: string, open: () => Promise<Opened>): void {
  const test = (sentence: string, run: (store: Store, opened: Opened) => Promise<void>) =>
    Deno.test(`${name}: ${sentence}`, async () => {
      using opened = await open();
      await run(opened.store, opened);
      assert.deepEqual(await opened.store.recount(), [], "counts and figures equal a recount");
    });

  enqueueing(test);
  looking(test);
  managing(test);
  claiming(test);
  settling(test);
  printing(test);
  queueing(test);
  supervising(test);
  counting(test);
  keeping(test);
}

type Test = (sentence: string, run: (store: Store, opened: Opened) => Promise<void>) => void;

function enqueueing(test: Test): void {
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

function looking(test: Test): void {
  test("ids that are no job's are undefined, however they are written", async (store) => {
    await enqueue(store, {}, { id: "x" });
    for (const id of ["j2", "j0", "j01", "J1", "j1 ", "1", "", "j99999999999999999999", "X", "nope"]) {
      assert.equal(await store.get(id), undefined, id);
      assert.deepEqual(await store.attempts(id), []);
      assert.deepEqual(await store.output(id, 1), []);
    }
    assert.deepEqual(await store.states(["nope", "x", "j1"]), [undefined, "pending", "pending"]);
    assert.deepEqual(await store.states([]), []);
  });

  const pages = async (store: Store, filter: Omit<JobFilter, "limit">, limit: number) => {
    const found: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ ...filter, limit, cursor });
      found.push(page.jobs.map(({ id }) => id));
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  };

  test("list() shows every job once, page by page, in each order", async (store) => {
    await enqueue(store, { priority: 5 }, { priority: -1 }, { priority: 5 }, {}, {
      priority: -1,
      held: true,
    });
    assert.deepEqual(await pages(store, {}, 2), [["j5", "j4"], ["j3", "j2"], ["j1"]]);
    assert.deepEqual(await pages(store, { sort: "oldest" }, 3), [["j1", "j2", "j3"], ["j4", "j5"]]);
    const byPriority = [["j2", "j5"], ["j4", "j1"], ["j3"]];
    assert.deepEqual(await pages(store, { sort: "priority" }, 2), byPriority);
    assert.deepEqual(await pages(store, { sort: "priority", state: "pending" }, 2), byPriority);
    assert.deepEqual(await pages(store, { sort: "priority", queue: "default" }, 5), [byPriority.flat()]);
  });

  test("list() narrows by state, queue and label, and by all of them together", async (store) => {
    await enqueue(
      store,
      { queue: "a", label: "l" },
      { queue: "b", label: "l" },
      { queue: "a", runAt: T0 + 9 },
      { queue: "b", label: "m" },
      { queue: "a", label: "l", runAt: T0 + 9 },
    );
    assert.deepEqual(await pages(store, { state: "pending" }, 2), [["j4", "j2"], ["j1"]]);
    assert.deepEqual(await pages(store, { queue: "a" }, 2), [["j5", "j3"], ["j1"]]);
    assert.deepEqual(await pages(store, { label: "l" }, 2), [["j5", "j2"], ["j1"]]);
    assert.deepEqual(await pages(store, { label: "l", queue: "a" }, 9), [["j5", "j1"]]);
    assert.deepEqual(await pages(store, { state: "scheduled", queue: "a", sort: "oldest" }, 1), [["j3"], [
      "j5",
    ]]);
    assert.deepEqual(await pages(store, { state: "scheduled", queue: "a", label: "l" }, 9), [["j5"]]);
    assert.deepEqual(await pages(store, { state: "dead" }, 9), [[]]);
    assert.deepEqual(await pages(store, { queue: "none" }, 9), [[]]);
    assert.deepEqual(await pages(store, { label: "none", sort: "priority" }, 9), [[]]);
  });

  test("list() searches commands and ids for text, and takes no character in it for more", async (store) => {
    await enqueue(store, { command: "echo 100%" }, { command: "echo 100 a_b" }, { id: "my-report" }, {});
    assert.deepEqual(await pages(store, { search: "100%" }, 9), [["j1"]]);
    assert.deepEqual(await pages(store, { search: "a_b" }, 9), [["j2"]]);
    assert.deepEqual(await pages(store, { search: "_" }, 9), [["j2"]]);
    assert.deepEqual(await pages(store, { search: "\\" }, 9), [[]]);
    assert.deepEqual(await pages(store, { search: "report" }, 9), [["my-report"]]);
    assert.deepEqual(await pages(store, { search: "j4" }, 9), [["j4"]]);
    assert.deepEqual(await pages(store, { search: "echo", state: "pending" }, 1), [["j2"], ["j1"]]);
  });

  test("a cursor goes on where its page ended, whatever was enqueued or removed meanwhile", async (store) => {
    await enqueue(store, {}, {}, {}, {});
    const { cursor } = await store.list({ limit: 2 });
    await enqueue(store, {});
    await store.delete(["j3"]);
    const { jobs } = await store.list({ limit: 2, cursor: cursor! });
    assert.deepEqual(jobs.map(({ id }) => id), ["j2", "j1"]);
  });

  test("a cursor that is none, or of another order, is bad input", async (store) => {
    for (
      const cursor of ["", "x", "newest", "newest_x", "newest_1_2", "oldest_1", "newest_1e99", "newest_"]
    ) {
      await assert.rejects(store.list({ limit: 2, cursor }), { name: "BadInput" }, cursor);
    }
  });

  test("ahead() counts the pending jobs that go first, and stops at the limit", async (store) => {
    await enqueue(store, {}, { priority: 1 }, {}, { held: true }, { queue: "b" }, { queue: "p" });
    await store.setQueue("p", { paused: true });
    assert.equal(await store.ahead("j1", 10), 0);
    assert.equal(await store.ahead("j3", 10), 1);
    assert.equal(await store.ahead("j2", 10), 3);
    assert.equal(await store.ahead("j2", 2), 2);
    assert.equal(await store.ahead("nope", 10), 0);
  });
}

function managing(test: Test): void {
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

  test("retryDead() and deleteDead() take all dead jobs of all queues and no others", async (store) => {
    await oneOfEach(store);
    await enqueue(store, { id: "dead2", queue: "b", priority: -1 });
    const [other] = await claim(store, "s");
    await settle(store, "s", death(other!.token));
    assert.equal(await store.retryDead(T0), 2);
    assert.deepEqual(await store.states(["dead", "dead2", "completed"]), ["pending", "pending", "completed"]);
    assert.equal(await store.deleteDead(), 0);
    for (const { token } of await claim(store, "s", { count: 9 })) await settle(store, "s", death(token));
    assert.equal(await store.deleteDead(), 3);
    assert.deepEqual((await store.list({ state: "dead", limit: 9 })).jobs, []);
  });
}

function claiming(test: Test): void {
  test("jobs are claimed by priority, then by age, over all queues", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(
      store,
      { queue: "a", priority: 1 },
      { queue: "b" },
      { queue: "a" },
      { queue: "c", priority: -1 },
      { queue: "b", priority: 1 },
    );
    const claimed = await claim(store, "s", { count: 4 });
    assert.deepEqual(claimed.map(({ id }) => id), ["j4", "j2", "j3", "j1"]);
    assert.deepEqual((await claim(store, "s", { count: 4 })).map(({ id }) => id), ["j5"]);
    assert.deepEqual(await claim(store, "s"), []);
  });

  test("a claimed job is processing, with an attempt of its own and an unguessable token", async (store) => {
    await store.register(newSupervisor("s", { host: "h" }));
    await enqueue(store, {}, {});
    const { claimed } = await store.exchange(exchangeOf("s", { free: ["w1", "w2"], now: T0 + 7 }));
    assert.deepEqual(claimed.map(({ worker }) => worker), ["w1", "w2"]);
    assert.notEqual(claimed[0]!.token, claimed[1]!.token);
    const { token, ...job } = claimed[0]!;
    assert.match(token, /^[0-9a-f-]{36}$/);
    assert.deepEqual(await store.get("j1"), job);
    assert.deepEqual(
      [job.state, job.attempts, job.lastAttempt, job.startedAt, job.worker],
      ["processing", 1, 1, T0 + 7, "w1"],
    );
    assert.deepEqual(await store.attempts("j1"), [{
      attempt: 1,
      worker: "w1",
      supervisor: "s",
      host: "h",
      startedAt: T0 + 7,
      finishedAt: null,
      outcome: null,
      exitCode: null,
      signal: null,
      error: null,
    }]);
  });

  test("held jobs, paused queues and queues not asked for are passed over", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { held: true }, { queue: "paused" }, { queue: "other" }, {});
    await store.setQueue("paused", { paused: true });
    const mine = exchangeOf("s", { free: ["w", "w", "w"], queues: ["default", "paused"] });
    const { claimed, waiting } = await store.exchange(mine);
    assert.deepEqual(claimed.map(({ id }) => id), ["j4"]);
    assert.equal(waiting, false);
    await store.hold(["j1"], false);
    await store.setQueue("paused", { paused: false });
    assert.deepEqual((await claim(store, "s", { count: 9 })).map(({ id }) => id), ["j1", "j2", "j3"]);
  });

  test("due jobs become pending when their time comes, not before, and held ones not at all", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { runAt: T0 + 100 }, { runAt: T0 + 50 }, { runAt: T0 + 10, held: true });
    const before = await store.exchange(exchangeOf("s", { free: ["w", "w", "w"], now: T0 + 49 }));
    assert.deepEqual(before, { claimed: [], refused: [], nextDueAt: T0 + 50, waiting: true });
    const after = await store.exchange(exchangeOf("s", { free: ["w", "w", "w"], now: T0 + 50 }));
    assert.deepEqual(after.claimed.map(({ id }) => id), ["j2"]);
    assert.equal(after.nextDueAt, T0 + 100);
    const last = await store.exchange(exchangeOf("s", { now: T0 + 100 }));
    assert.equal(last.nextDueAt, null);
    assert.deepEqual(await store.states(["j1", "j3"]), ["pending", "scheduled"]);
  });

  test("a queue never runs more than its concurrency, over all supervisors", async (store, opened) => {
    using other = closing(await opened.another());
    await store.register(newSupervisor("s"));
    await other.store.register(newSupervisor("t"));
    await enqueue(store, {}, {}, {}, {}, { queue: "free" });
    await store.setQueue("default", { concurrency: 2 });
    const first = await claim(store, "s", { count: 1 });
    const second = await claim(other.store, "t", { count: 4 });
    assert.deepEqual(second.map(({ id }) => id), ["j2", "j5"]);
    assert.deepEqual(await claim(store, "s", { count: 4 }), []);
    await settle(store, "s", settlement(first[0]!.token));
    assert.deepEqual((await claim(other.store, "t", { count: 4 })).map(({ id }) => id), ["j3"]);
    await store.setQueue("default", { concurrency: null });
    assert.deepEqual((await claim(store, "s", { count: 4 })).map(({ id }) => id), ["j4"]);
  });

  test("two supervisors never get the same job", async (store, opened) => {
    using other = closing(await opened.another());
    await store.register(newSupervisor("s"));
    await other.store.register(newSupervisor("t"));
    await enqueue(store, ...Array.from({ length: 100 }, () => ({})));
    const drain = async (from: Store, supervisor: string) => {
      const ids: string[] = [];
      while (true) {
        const claimed = await claim(from, supervisor, { count: 3 });
        if (claimed.length === 0) return ids;
        ids.push(...claimed.map(({ id }) => id));
        await settle(from, supervisor, ...claimed.map(({ token }) => settlement(token)));
      }
    };
    const ids = (await Promise.all([drain(store, "s"), drain(other.store, "t")])).flat();
    assert.equal(ids.length, 100);
    assert.equal(new Set(ids).size, 100);
  });

  test("a supervisor that is not registered, or whose lease has ended, gets nothing", async (store) => {
    await store.register(newSupervisor("late", { leaseUntil: T0 - 1 }));
    await enqueue(store, {});
    assert.deepEqual(await claim(store, "late"), []);
    assert.deepEqual(await claim(store, "stranger"), []);
    assert.deepEqual(await store.states(["j1"]), ["pending"]);
  });
}

function settling(test: Test): void {
  test("a settled attempt says how it ended, and so does its job", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const [job] = await claim(store, "s");
    const ended = failure(job!.token, { signal: "SIGKILL", exitCode: null, error: "killed by SIGKILL" });
    await settle(store, "s", ended);
    const after = (await store.get("j1"))!;
    assert.deepEqual(
      [
        after.state,
        after.runAt,
        after.exitCode,
        after.signal,
        after.error,
        after.finishedAt,
        after.startedAt,
      ],
      ["failed", T0 + 3000, null, "SIGKILL", "killed by SIGKILL", T0 + 1000, T0],
    );
    const [attempt] = await store.attempts("j1");
    assert.deepEqual(
      [attempt!.outcome, attempt!.exitCode, attempt!.signal, attempt!.error, attempt!.finishedAt],
      ["failed", null, "SIGKILL", "killed by SIGKILL", T0 + 1000],
    );
  });

  test("a failed job is claimed again when it is due, as its next attempt", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const [first] = await claim(store, "s");
    await settle(store, "s", failure(first!.token));
    assert.deepEqual(await claim(store, "s", { now: T0 + 2999 }), []);
    const [second] = await claim(store, "s", { now: T0 + 3000 });
    assert.deepEqual(
      [second!.attempts, second!.lastAttempt, second!.error, second!.exitCode, second!.finishedAt],
      [2, 2, null, null, null],
    );
    assert.deepEqual((await store.attempts("j1")).map(({ attempt }) => attempt), [1, 2]);
  });

  test("settle() of an attempt that was settled before changes nothing and is refused", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await settle(store, "s", settlement(token));
    const before = await store.get("j1");
    assert.deepEqual((await settle(store, "s", death(token))).refused, [token]);
    assert.deepEqual(await store.get("j1"), before);
  });

  test("settle() by another supervisor, or of an unknown token, changes nothing and is refused", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const output = [{
      token: "nobody's",
      pieces: [{ stream: "stdout" as const, start: 0, bytes: bytes("x") }],
    }];
    const settlements = [settlement(token), settlement("nobody's")];
    const { refused } = await store.exchange(exchangeOf("t", { settlements, output }));
    assert.deepEqual(refused.toSorted(), ["nobody's", token].toSorted());
    assert.deepEqual(await store.states(["j1"]), ["processing"]);
  });

  test("an old attempt's token does not settle the next attempt", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await settle(store, "s", failure(token));
    await claim(store, "s", { now: T0 + 3000 });
    assert.deepEqual((await settle(store, "s", settlement(token))).refused, [token]);
    assert.deepEqual(await store.states(["j1"]), ["processing"]);
  });

  test("a released attempt is not counted, and its job is pending again", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    await settle(store, "s", settlement(token, { outcome: "released", exitCode: null, state: "pending" }));
    const job = (await store.get("j1"))!;
    assert.deepEqual([job.state, job.attempts, job.lastAttempt], ["pending", 0, 1]);
    assert.equal((await store.attempts("j1"))[0]!.outcome, "released");
    const [again] = await claim(store, "s");
    assert.deepEqual([again!.attempts, again!.lastAttempt], [1, 2]);
  });

  test("a job that was asked to be cancelled ends cancelled unless it completed", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {}, {}, {});
    const claimed = await claim(store, "s", { count: 4 });
    const [completed, failed, dead, released] = claimed.map(({ token }) => token);
    assert.deepEqual(await store.cancel(["j1", "j2", "j3", "j4"], T0), { cancelled: 0, requested: 4 });
    assert.deepEqual(
      (await store.orders("s")).cancels.toSorted(),
      claimed.map(({ token }) => token).toSorted(),
    );
    await settle(
      store,
      "s",
      settlement(completed!),
      failure(failed!),
      death(dead!),
      settlement(released!, { outcome: "released", state: "pending" }),
    );
    assert.deepEqual(
      await store.states(["j1", "j2", "j3", "j4"]),
      ["completed", "cancelled", "cancelled", "cancelled"],
    );
    assert.equal((await store.get("j2"))!.cancelRequested, false);
    assert.deepEqual((await store.orders("s")).cancels, []);
    assert.equal((await store.attempts("j2"))[0]!.outcome, "failed");
  });
}

function printing(test: Test): void {
  test("output is kept byte for byte, in order, by attempt", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await store.exchange(exchangeOf("s", {
      output: [{
        token,
        pieces: [
          { stream: "stdout", start: 0, bytes: everyByte },
          { stream: "stderr", start: 0, bytes: bytes("oh") },
        ],
      }],
    }));
    // the rest may come together with the end
    await store.exchange(exchangeOf("s", {
      output: [{ token, pieces: [{ stream: "stdout", start: 256, bytes: bytes("end") }] }],
      settlements: [settlement(token)],
    }));
    const pieces = await store.output("j1", 1);
    assert.deepEqual(
      pieces.map(({ stream, start, bytes }) => [stream, start, [...bytes]]),
      [["stdout", 0, [...everyByte]], ["stderr", 0, [...bytes("oh")]], ["stdout", 256, [...bytes("end")]]],
    );
    assert.deepEqual(await store.output("j1", 2), []);
    const [first] = await store.output("j1", 1, { limit: 1 });
    assert.deepEqual(await store.output("j1", 1, { after: first!.piece }), pieces.slice(1));
  });

  test("dropping removes the pieces that lie wholly within the range, of that stream only", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    const piece = (stream: "stdout" | "stderr", start: number) => ({
      stream,
      start,
      bytes: bytes("0123456789"),
    });
    const stored = [0, 10, 20, 30].map((start) => piece("stdout", start));
    await store.exchange(exchangeOf("s", { output: [{ token, pieces: [...stored, piece("stderr", 10)] }] }));
    const last = (await store.output("j1", 1)).at(-1)!.piece;
    const next = { ...piece("stdout", 40), drop: { from: 5, to: 40 } };
    await store.exchange(exchangeOf("s", { output: [{ token, pieces: [next] }] }));
    const kept = await store.output("j1", 1);
    assert.deepEqual(
      kept.map(({ stream, start }) => `${stream} ${start}`),
      ["stdout 0", "stderr 10", "stdout 40"],
    );
    assert.ok(kept.at(-1)!.piece > last, "a number is never given twice, or a follower would miss the piece");
  });
}

function queueing(test: Test): void {
  test("a queue exists from its first job or its first setting on, and stays", async (store) => {
    await enqueue(store, { queue: "b" }, { queue: "b", runAt: T0 + 9 });
    await store.setQueue("a", { concurrency: 3 });
    await store.setQueue("a", { paused: true });
    await store.clear();
    const none = { pending: 0, scheduled: 0, processing: 0, completed: 0, failed: 0, dead: 0, cancelled: 0 };
    assert.deepEqual(await store.queues(), [
      { name: "a", paused: true, concurrency: 3, counts: none },
      { name: "b", paused: false, concurrency: null, counts: none },
    ]);
  });

  test("clear() removes the waiting jobs of one queue or of all, and nothing else", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { queue: "a" }, { queue: "b" }, { queue: "a" }, { queue: "a", runAt: T0 + 9e6 });
    const [first, second] = await claim(store, "s", { count: 2 });
    await settle(store, "s", failure(first!.token, { runAt: T0 + 9e6 }), settlement(second!.token));
    await enqueue(store, { queue: "b" });
    assert.equal(await store.clear("a"), 3);
    assert.deepEqual(await store.states(["j1", "j2", "j3", "j4", "j5"]), [
      undefined,
      "completed",
      undefined,
      undefined,
      "pending",
    ]);
    assert.equal(await store.clear(), 1);
  });

  test("settings are kept as they are given, until they are taken away", async (store, opened) => {
    using other = closing(await opened.another());
    assert.deepEqual(await store.settings(), new Map());
    await store.changeSettings(new Map([["lease", "10"], ["shell", "bash"]]));
    await store.changeSettings(new Map([["lease", "20"], ["shell", null], ["absent", null]]));
    assert.deepEqual(await other.store.settings(), new Map([["lease", "20"]]));
    await store.register(newSupervisor("s"));
    assert.deepEqual((await other.store.orders("s")).settings, new Map([["lease", "20"]]));
  });
}

function supervising(test: Test): void {
  test("workers() tells who runs what", async (store) => {
    const workers = [{ id: "w1", slots: 2, queues: ["a", "default"] }, { id: "w2", slots: 1, queues: null }];
    await store.register(newSupervisor("s", { workers, pid: 42, host: "h" }));
    await enqueue(store, {}, { id: "x" });
    await store.exchange(exchangeOf("s", { free: ["w1", "w1"] }));
    const common = {
      supervisor: "s",
      host: "h",
      pid: 42,
      startedAt: T0,
      leaseUntil: T0 + 3_600_000,
      stopping: false,
    };
    assert.deepEqual(await store.workers(), [
      { id: "w1", slots: 2, queues: ["a", "default"], running: ["j1", "x"], ...common },
      { id: "w2", slots: 1, queues: null, running: [], ...common },
    ]);
    await store.unregister(["w2"]);
    assert.deepEqual((await store.workers()).map(({ id }) => id), ["w1"]);
  });

  test("requestStop() reaches the worker named, or all, through orders()", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    assert.deepEqual(await store.requestStop({ worker: "s-worker", now: T0, endAt: null }), ["s-worker"]);
    assert.deepEqual((await store.orders("s")).stops, [{ worker: "s-worker", endAt: null }]);
    assert.deepEqual((await store.orders("t")).stops, []);
    assert.deepEqual((await store.workers()).map(({ stopping }) => stopping), [true, false]);
    assert.deepEqual(await store.requestStop({ now: T0, endAt: T0 + 5 }), ["s-worker", "t-worker"]);
    assert.deepEqual((await store.orders("t")).stops, [{ worker: "t-worker", endAt: T0 + 5 }]);
    await assert.rejects(store.requestStop({ worker: "nobody", now: T0, endAt: null }), { name: "Refused" });
  });

  test("a lease is renewed while it lasts, and never after", async (store) => {
    await store.register(newSupervisor("s", { leaseUntil: T0 + 10 }));
    assert.equal(await store.renew("s", { now: T0 + 10, leaseUntil: T0 + 20 }), true);
    assert.equal((await store.workers())[0]!.leaseUntil, T0 + 20);
    assert.equal(await store.renew("s", { now: T0 + 21, leaseUntil: T0 + 40 }), false);
    assert.equal(await store.renew("nobody", { now: T0, leaseUntil: T0 + 40 }), false);
    assert.deepEqual((await store.lapsed(T0 + 20)).length, 0);
    assert.deepEqual((await store.lapsed(T0 + 21)).map(({ id }) => id), ["s"]);
  });

  test("rescue() settles a lapsed supervisor's attempts in its place, and its own results come too late", async (store) => {
    await store.register(newSupervisor("s", { leaseUntil: T0 + 10, host: "h", bootId: "b" }));
    await enqueue(store, {}, {});
    const claimed = await claim(store, "s", { count: 2 });
    const lapsed = await store.lapsed(T0 + 11);
    assert.deepEqual(lapsed, [{
      id: "s",
      host: "h",
      bootId: "b",
      running: claimed.map(({ token, ...job }) => ({ token, job })),
    }]);
    const lost = claimed.map(({ token }) =>
      failure(token, { outcome: "lost", exitCode: null, error: "lost" })
    );
    assert.equal(await store.rescue("s", lost.slice(0, 1), T0 + 11), true);
    assert.deepEqual(await store.states(["j1", "j2"]), ["failed", "processing"]);
    assert.equal((await store.lapsed(T0 + 11))[0]!.running.length, 1);
    assert.equal(await store.rescue("s", lost, T0 + 11), true);
    assert.deepEqual(await store.lapsed(T0 + 11), []);
    assert.deepEqual(await store.workers(), []);
    const tokens = claimed.map(({ token }) => token);
    assert.deepEqual((await settle(store, "s", ...tokens.map((token) => settlement(token)))).refused, tokens);
    assert.deepEqual(await store.states(["j1", "j2"]), ["failed", "failed"]);
  });

  test("rescue() does nothing while the lease lasts, nor for a supervisor that is gone", async (store) => {
    await store.register(newSupervisor("s", { leaseUntil: T0 + 10 }));
    await enqueue(store, {});
    const { token } = await claimOne(store, "s");
    assert.equal(await store.rescue("s", [failure(token)], T0 + 10), false);
    assert.equal(await store.rescue("nobody", [], T0 + 10), false);
    assert.deepEqual(await store.states(["j1"]), ["processing"]);
  });

  test("leave() removes a supervisor; one that still runs something is left to be rescued at once", async (store) => {
    await store.register(newSupervisor("s"));
    await store.register(newSupervisor("t"));
    await enqueue(store, {});
    await claim(store, "t");
    await store.leave("s");
    await store.leave("t");
    assert.deepEqual(await store.workers(), []);
    assert.deepEqual((await store.lapsed(T0)).map(({ id, running }) => [id, running.length]), [["t", 1]]);
  });

  test("listeners hear of changes made through another connection", async (store, opened) => {
    using other = closing(await opened.another());
    let heard = 0;
    using _listener = store.listen(() => heard++);
    const hears = async (what: string, change: () => Promise<unknown>) => {
      const before = heard;
      await change();
      await until(`a listener hears of ${what}`, () => heard > before);
    };
    await hears("a job", () => enqueue(other.store, {}));
    await hears("a setting", () => other.store.changeSettings(new Map([["lease", "5"]])));
    await hears("a worker", () => other.store.register(newSupervisor("s")));
    await hears("a claim", () => claim(other.store, "s"));
    await hears("a wish to cancel", () => other.store.cancel(["j1"], T0));
    await hears("a stop", () => other.store.requestStop({ now: T0, endAt: null }));
  });
}

function counting(test: Test): void {
  test("figures count what happened, by queue, minute, hour and in all", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { queue: "a" }, { queue: "a" }, { queue: "b" });
    const claimed = await claim(store, "s", { count: 3, now: T0 + 500 });
    const [completed, dead, late] = claimed.map(({ token }) => token);
    await settle(
      store,
      "s",
      settlement(completed!, { finishedAt: T0 + 600 }),
      failure(dead!, { outcome: "timed_out", state: "dead", runAt: null }),
    );
    await store.exchange(exchangeOf("s", { now: T0 + 3_600_000, settlements: [failure(late!)] }));

    const totals = await store.figures({ span: "total" });
    assert.deepEqual(totals.map(({ queue, start }) => [queue, start]), [["a", 0], ["b", 0]]);
    const a = totals[0]!.figures;
    assert.deepEqual(
      { ...a, waitMs: a.waitMs.count, runMs: a.runMs.sum },
      {
        enqueued: 2,
        started: 2,
        completed: 1,
        failed: 0,
        timedOut: 1,
        cancelled: 0,
        lost: 0,
        retried: 0,
        dead: 1,
        waitMs: 2,
        runMs: 600,
      },
    );
    assert.deepEqual([totals[1]!.figures.failed, totals[1]!.figures.retried], [1, 1]);
    assert.ok(Math.abs(quantile(a.waitMs, 0.5)! - 500) < 500 * 0.05);
    const minutes = await store.figures({ span: "minute", from: T0, to: T0 + 60_000 });
    assert.deepEqual(minutes.map(({ queue, start }) => [queue, start]), [["a", T0], ["b", T0]]);
    const hours = await store.figures({ span: "hour", from: T0 });
    assert.deepEqual(
      hours.map(({ queue, figures }) => `${queue}: ${figures.started} started, ${figures.failed} failed`),
      ["a: 2 started, 0 failed", "b: 1 started, 0 failed", "b: 0 started, 1 failed"],
    );
  });

  test("waiting counts from when a job could have run", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { runAt: T0 + 1000 });
    const { token } = await claimOne(store, "s", T0 + 1010);
    await settle(store, "s", death(token));
    await store.retry(["j1"], { now: T0 + 5000 });
    await claim(store, "s", { now: T0 + 5030 });
    const [total] = await store.figures({ span: "total" });
    assert.equal(total!.figures.waitMs.sum, 40);
  });

  test("minutes older than a day are forgotten, hours and totals are not", async (store) => {
    await store.enqueue([newJob()], { now: T0, idFormat: "short" });
    await store.enqueue([newJob()], { now: T0 + 26 * 3_600_000, idFormat: "short" });
    assert.equal((await store.figures({ span: "minute" })).length, 1);
    assert.equal((await store.figures({ span: "hour" })).length, 2);
    assert.equal((await store.figures({ span: "total" }))[0]!.figures.enqueued, 2);
  });
}

function keeping(test: Test): void {
  test("prune() removes completed and cancelled jobs that ended before, the oldest first", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {}, {}, {}, {});
    const tokens = (await claim(store, "s", { count: 4 })).map(({ token }) => token);
    await settle(
      store,
      "s",
      settlement(tokens[0]!, { finishedAt: T0 + 30 }),
      settlement(tokens[1]!, { finishedAt: T0 + 10 }),
      settlement(tokens[2]!, { finishedAt: T0 + 50 }),
      death(tokens[3]!),
    );
    await store.cancel(["j5"], T0 + 20);
    assert.equal(await store.prune(T0 + 50, 2), 2);
    assert.deepEqual(await store.states(["j1", "j2", "j3", "j4", "j5"]), [
      "completed",
      undefined,
      "completed",
      "dead",
      undefined,
    ]);
    assert.equal(await store.prune(T0 + 50, 100), 1);
    assert.equal(await store.prune(T0 + 50, 100), 0);
  });

  test("backup() writes a copy that holds everything, and never over a file", async (store, { file }) => {
    await enqueue(store, {}, {});
    await store.backup(file);
    assert.ok(Deno.statSync(file).size > 0);
    await assert.rejects(store.backup(file), {
      name: "Refused",
      message: `Cannot back up to "${file}": the file exists`,
    });
  });

  test("a store that is well says so", async (store) => {
    await enqueue(store, {});
    assert.deepEqual(await store.check(), []);
    const info = await store.info();
    assert.match(info.engine, /^\w+ \d/);
    assert.ok(info.size > 0 && info.schemaVersion > 0 && info.logSize >= 0);
  });
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A store that is closed at the end of the scope. */
function closing(store: Store): Disposable & { store: Store } {
  return { store, [Symbol.dispose]: () => store.close() };
}
