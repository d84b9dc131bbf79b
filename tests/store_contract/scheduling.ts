/**
 * @module
 * What every store must do. Schedules: making and changing them, and deciding each slot once, whoever sees that it is due
 * and whatever still runs.
 */
import assert from "node:assert/strict";
import { ScheduleChanged } from "../../src/domain/errors.ts";
import type { Fired, Firing, NewSchedule, Schedule, Store } from "../../src/store/contract.ts";
import { claimOne, newJob, newSupervisor, settle, settlement, T0 } from "../helpers/jobs.ts";
import { closing, type Test } from "./suite.ts";

const MINUTE = 60_000;

function newSchedule(changes: Partial<NewSchedule> = {}): NewSchedule {
  return {
    name: "nightly",
    expression: "* * * * *",
    zone: "UTC",
    missed: "once",
    overlap: "skip",
    jitterMs: 0,
    job: { command: "true", cwd: "/" },
    paused: false,
    since: T0,
    next: { slot: T0, at: T0 },
    ...changes,
  };
}

async function add(store: Store, ...all: Partial<NewSchedule>[]): Promise<void> {
  const changes = (all.length > 0 ? all : [{}]).map(newSchedule).map((schedule) => ({
    name: schedule.name,
    revision: null,
    schedule,
  }));
  await store.changeSchedules(changes, T0);
}

async function read(store: Store, name = "nightly"): Promise<Schedule> {
  return (await store.schedule(name))!;
}

/** Fires some slots of a schedule as it is now; what is not said is one run on time. */
async function fire(store: Store, slots: readonly number[], more: Partial<Firing> = {}): Promise<Fired> {
  const { revision } = await read(store, more.name);
  const runs = slots.map((slot) => ({
    slot,
    kind: "on_time" as const,
    job: newJob({ command: `at ${slot}` }),
  }));
  const last = Math.max(...slots, more.left?.until ?? 0);
  const next = { slot: last + MINUTE, at: last + MINUTE };
  const firing: Firing = { name: "nightly", revision, runs, left: null, next, ...more };
  return (await store.fire([firing], { now: T0, idFormat: "short" }))[0]!;
}

/** What became of the slots, oldest first, in a few words. */
async function history(store: Store, name = "nightly"): Promise<string[]> {
  const [runs] = await store.scheduleRuns([name], { limit: 1000 });
  return runs!.toReversed().map(({ kind, slot, until, count, job }) => {
    const at = (ms: number) => (ms - T0) / MINUTE;
    const range = slot === until ? `${at(slot)}` : `${at(slot)}-${at(until)} (${count})`;
    return `${range} ${kind}${job ? ` ${job.id} ${job.state}` : ""}`;
  });
}

/** Runs the next job to its end. */
async function end(store: Store): Promise<string> {
  const { id, token } = await claimOne(store, "s");
  await settle(store, "s", settlement(token));
  return id;
}

export function scheduling(test: Test): void {
  test("a schedule is kept as it was written down, and changed and removed by its revision", async (store) => {
    await add(store, {}, {
      name: "b",
      jitterMs: 5,
      overlap: "queue",
      missed: "all",
      paused: true,
      next: null,
    });
    const { revision, createdAt, lastSlot, ...kept } = await read(store);
    assert.deepEqual(kept, newSchedule());
    assert.deepEqual([createdAt, lastSlot], [T0, null]);
    assert.deepEqual((await store.schedules()).map(({ name }) => name), ["b", "nightly"]);
    assert.deepEqual((await store.schedules({ after: "b", limit: 1 })).map(({ name }) => name), ["nightly"]);
    assert.deepEqual((await store.schedules({ limit: 1 })).map(({ name }) => name), ["b"]);
    assert.equal(await store.schedule("c"), undefined);

    const changed = newSchedule({ expression: "@daily", zone: "Europe/Berlin" });
    await store.changeSchedules([{ name: "nightly", revision, schedule: changed }], T0);
    const after = await read(store);
    assert.deepEqual([after.expression, after.zone], ["@daily", "Europe/Berlin"]);
    assert.ok(after.revision > revision);
    await store.changeSchedules([{ name: "nightly", revision: after.revision, schedule: null }], T0);
    assert.equal(await store.schedule("nightly"), undefined);
  });

  test("schedules are changed all together or not at all, and not over the head of another", async (store) => {
    await add(store, { name: "a" }, { name: "b" });
    const { revision } = await read(store, "a");
    const change = { name: "a", revision, schedule: newSchedule({ name: "a", expression: "@daily" }) };
    await assert.rejects(
      store.changeSchedules(
        [change, { name: "b", revision: null, schedule: newSchedule({ name: "b" }) }],
        T0,
      ),
      (error: Error) =>
        error instanceof ScheduleChanged && /"b": there is one with that name/.test(error.message),
    );
    assert.equal((await read(store, "a")).expression, "* * * * *");
    await store.changeSchedules([change], T0);
    await assert.rejects(store.changeSchedules([change], T0), ScheduleChanged);
    await assert.rejects(store.changeSchedules([{ ...change, schedule: null }], T0), ScheduleChanged);
    await assert.rejects(
      store.changeSchedules([{ name: "c", revision: 1, schedule: newSchedule({ name: "c" }) }], T0),
      ScheduleChanged,
    );
    assert.deepEqual((await store.schedules()).map(({ name }) => name), ["a", "b"]);
  });

  test("supervisors hear when the next slot is due; what is due is told, the longest first", async (store) => {
    await store.register(newSupervisor("s"));
    assert.equal((await store.orders("s")).nextSlotAt, null);
    await add(
      store,
      { name: "a", next: { slot: T0 + 5, at: T0 + 9 } },
      { name: "b", next: { slot: T0 + 7, at: T0 + 7 } },
      { name: "c", paused: true, next: null },
    );
    const { nextSlotAt } = await store.orders("s");
    assert.ok(Math.abs(nextSlotAt! - (T0 + 7)) < 1000); // by the clock of the server
    const due = async (now: number, limit = 9) =>
      (await store.dueSchedules(now, limit)).schedules.map(({ name }) => name);
    assert.deepEqual(await due(T0 + 6), []);
    assert.deepEqual(await due(T0 + 7), ["b"]);
    assert.deepEqual(await due(T0 + 9), ["b", "a"]);
    assert.deepEqual(await due(T0 + 9, 1), ["b"]);
  });

  test("a slot that is fired is enqueued and written down, and the schedule moves on", async (store) => {
    await add(store);
    assert.deepEqual(await fire(store, [T0]), { name: "nightly", done: true, ids: ["j1"], skipped: 0 });
    assert.equal((await store.get("j1"))?.command, `at ${T0}`);
    const { next, lastSlot } = await read(store);
    assert.deepEqual([next, lastSlot], [{ slot: T0 + MINUTE, at: T0 + MINUTE }, T0]);
    assert.deepEqual(await history(store), ["0 on_time j1 pending"]);
  });

  test("the jobs of a schedule are found by its name", async (store) => {
    await add(store, {}, { name: "other" });
    await fire(store, [T0 + MINUTE]);
    await fire(store, [T0 + MINUTE], { name: "other" });
    await store.enqueue([newJob()], { now: T0, idFormat: "short" });
    const found = async (schedule: string) =>
      (await store.list({ schedule, limit: 10 })).jobs.map(({ id }) => id);
    assert.deepEqual(await found("nightly"), ["j1"]);
    assert.deepEqual(await found("other"), ["j2"]);
    assert.deepEqual(await found("none"), []);
  });

  test("of those who fire a slot at the same time one does it", async (store, opened) => {
    await add(store);
    using other = closing(await opened.another());
    const { revision } = await read(store);
    const firing: Firing = {
      name: "nightly",
      revision,
      runs: [{ slot: T0, kind: "on_time", job: newJob() }],
      left: null,
      next: { slot: T0 + MINUTE, at: T0 + MINUTE },
    };
    const fired = await Promise.all(
      [store, other.store, store, other.store].map((one) =>
        one.fire([firing], { now: T0, idFormat: "short" })
      ),
    );
    assert.equal(fired.flat().filter(({ done }) => done).length, 1);
    assert.equal((await store.list({ limit: 9 })).jobs.length, 1);
  });

  test("a slot that was decided is not decided again, whatever clocks and changes say", async (store) => {
    await add(store, { overlap: "allow" });
    await fire(store, [T0 + 5 * MINUTE]);
    const { revision } = await read(store);
    await store.changeSchedules(
      [{ name: "nightly", revision, schedule: newSchedule({ overlap: "allow" }) }],
      T0,
    );
    assert.deepEqual((await fire(store, [T0 + 4 * MINUTE, T0 + 5 * MINUTE, T0 + 6 * MINUTE])).ids, ["j2"]);
    assert.equal((await read(store)).lastSlot, T0 + 6 * MINUTE);
  });

  test("what was missed and left out is one row", async (store) => {
    await add(store);
    const left = { from: T0, until: T0 + 9 * MINUTE, count: 10 };
    await fire(store, [], { left });
    assert.deepEqual(await history(store), ["0-9 (10) missed"]);
    assert.equal((await read(store)).lastSlot, T0 + 9 * MINUTE);
    await fire(store, [T0 + 20 * MINUTE], {
      left: { from: T0 + 10 * MINUTE, until: T0 + 19 * MINUTE, count: null },
    });
    assert.deepEqual(await history(store), [
      "0-9 (10) missed",
      "10-19 (null) missed",
      "20 on_time j1 pending",
    ]);
  });

  test("skip: while a run waits or runs, slots are left out, all of them in one row", async (store) => {
    await store.register(newSupervisor("s"));
    await add(store);
    await fire(store, [T0]);
    assert.deepEqual((await fire(store, [T0 + MINUTE])).skipped, 1);
    const { token } = await claimOne(store, "s");
    await fire(store, [T0 + 2 * MINUTE, T0 + 3 * MINUTE]);
    assert.deepEqual(await history(store), ["0 on_time j1 processing", "1-3 (3) skipped j1 processing"]);
    await settle(store, "s", settlement(token));
    assert.deepEqual((await fire(store, [T0 + 4 * MINUTE])).ids, ["j2"]);
    assert.deepEqual(await history(store), [
      "0 on_time j1 completed",
      "1-3 (3) skipped j1 completed",
      "4 on_time j2 pending",
    ]);
  });

  test("queue: each run waits for the end of those before", async (store) => {
    await store.register(newSupervisor("s"));
    await add(store, { overlap: "queue" });
    await fire(store, [T0, T0 + MINUTE]);
    await fire(store, [T0 + 2 * MINUTE]);
    assert.deepEqual(await store.states(["j1", "j2", "j3"]), ["pending", "blocked", "blocked"]);
    assert.equal(await end(store), "j1");
    while (await store.recover());
    assert.deepEqual(await store.states(["j2", "j3"]), ["pending", "blocked"]);
    await store.cancel(["j2"], T0);
    assert.deepEqual(await store.states(["j3"]), ["pending"]);
  });

  test("queue: one that is called off lets none start beside those before it", async (store) => {
    await store.register(newSupervisor("s"));
    await add(store, { overlap: "queue" });
    await fire(store, [T0]);
    await fire(store, [T0 + MINUTE, T0 + 2 * MINUTE]);
    await fire(store, [T0 + 3 * MINUTE]);
    await claimOne(store, "s");
    await store.cancel(["j2", "j3"], T0);
    while (await store.recover());
    assert.deepEqual(await store.states(["j1", "j4"]), ["processing", "blocked"]);
    await store.cancel(["j4"], T0);
    await fire(store, [T0 + 4 * MINUTE, T0 + 5 * MINUTE]);
    await store.cancel(["j5"], T0);
    while (await store.recover());
    assert.deepEqual(await store.states(["j1", "j6"]), ["processing", "blocked"]);
  });

  test("replace: what waits is called off at once, what runs is to end first", async (store) => {
    await store.register(newSupervisor("s"));
    await add(store, { overlap: "replace" });
    await fire(store, [T0]);
    await fire(store, [T0 + MINUTE]);
    assert.deepEqual(await store.states(["j1", "j2"]), ["cancelled", "pending"]);
    const { token } = await claimOne(store, "s");
    assert.equal((await fire(store, [T0 + 2 * MINUTE, T0 + 3 * MINUTE])).skipped, 1);
    assert.deepEqual(await store.states(["j2", "j3"]), ["processing", "blocked"]);
    assert.deepEqual((await store.orders("s")).cancels, [token]);
    await settle(store, "s", settlement(token, { outcome: "cancelled", exitCode: null, state: "cancelled" }));
    while (await store.recover());
    assert.deepEqual(await store.states(["j2", "j3"]), ["cancelled", "pending"]);
  });

  test("allow: runs do not wait for each other", async (store) => {
    await add(store, { overlap: "allow" });
    await fire(store, [T0, T0 + MINUTE]);
    await fire(store, [T0 + 2 * MINUTE]);
    assert.deepEqual(await store.states(["j1", "j2", "j3"]), ["pending", "pending", "pending"]);
  });

  test("a run that a person asked for starts whatever runs, and leaves the next slot as it is", async (store) => {
    await add(store);
    await fire(store, [T0]);
    const before = await read(store);
    const runs = [{ slot: T0 + 30_000, kind: "manual" as const, job: newJob() }];
    assert.deepEqual((await fire(store, [], { runs, next: undefined })).ids, ["j2"]);
    const { next, lastSlot } = await read(store);
    assert.deepEqual({ next, lastSlot }, { next: before.next, lastSlot: before.lastSlot });
    assert.deepEqual(await history(store), ["0 on_time j1 pending", "0.5 manual j2 pending"]);
    await store.cancel(["j1"], T0);
    assert.equal((await fire(store, [T0 + MINUTE])).skipped, 1, "but counts as a run that has not ended");
  });

  test("of each schedule the latest rows are kept, and what was written down goes with it", async (store) => {
    await add(store, { overlap: "allow" }, { name: "other", overlap: "allow" });
    for (let n = 0; n < 250; n += 25) {
      await fire(store, Array.from({ length: 25 }, (_, k) => T0 + (n + k) * MINUTE));
    }
    await fire(store, [T0], { name: "other" });
    const [rows, others] = await store.scheduleRuns(["nightly", "other"], { limit: 1000 });
    assert.equal(rows!.length, 200);
    assert.deepEqual([rows![0]!.nth, rows!.at(-1)!.nth], [250, 51]);
    assert.equal(others!.length, 1);
    const [page] = await store.scheduleRuns(["nightly"], { limit: 2, before: 100 });
    assert.deepEqual(page!.map(({ nth }) => nth), [99, 98]);

    await store.delete([rows![0]!.job!.id]);
    assert.equal((await store.scheduleRuns(["nightly"], { limit: 1 }))[0]![0]!.job, null);
    const { revision } = await read(store);
    await store.changeSchedules([{ name: "nightly", revision, schedule: null }], T0);
    assert.deepEqual(await store.scheduleRuns(["nightly"], { limit: 9 }), [[]]);
    await add(store);
    assert.deepEqual((await fire(store, [T0])).ids.length, 1);
  });
}
