/**
 * @module
 * Schedules with everything filled in that a test does not care about.
 */
import { dueOf } from "../../src/domain/schedule/coming.ts";
import { firstSlot } from "../../src/domain/schedule/expression.ts";
import type { NewSchedule, ScheduleRun, Store } from "../../src/store/contract.ts";

/** A schedule of each minute, from a time on. */
export function newSchedule(now: number, changes: Partial<NewSchedule> = {}): NewSchedule {
  const schedule: NewSchedule = {
    name: "a",
    expression: "* * * * *",
    zone: "UTC",
    missed: "once",
    overlap: "skip",
    jitterMs: 0,
    job: { command: "true", cwd: "/" },
    paused: false,
    since: now,
    next: null,
    ...changes,
  };
  return { ...schedule, next: dueOf(firstSlot(schedule, now), schedule) };
}

/** Adds schedules as of a time. */
export async function addSchedules(
  store: Store,
  now: number,
  ...all: Partial<NewSchedule>[]
): Promise<void> {
  const schedules = (all.length > 0 ? all : [{}]).map((one) => newSchedule(now, one));
  await store.changeSchedules(
    schedules.map((schedule) => ({ name: schedule.name, revision: null, schedule })),
    now,
  );
}

/** What became of the slots of a schedule, oldest first. */
export async function runsOf(store: Store, name = "a"): Promise<ScheduleRun[]> {
  return (await store.scheduleRuns([name], { limit: 1000 }))[0]!.toReversed();
}
