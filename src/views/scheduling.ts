/**
 * @module
 * What is done to schedules, whoever asks for it: when they come next is found out here, and a change is made anew where
 * the schedule has changed meanwhile, by a firing for example.
 */
import { NoSuch, ScheduleChanged } from "../domain/errors.ts";
import { dueOf } from "../domain/schedule/coming.ts";
import { firstSlot, nextSlots, slotsOf } from "../domain/schedule/expression.ts";
import { jobOfSlot, type ScheduleSpec } from "../domain/schedule/spec.ts";
import type { JobDefaults } from "../domain/spec.ts";
import type { NewSchedule, Schedule, ScheduleStore } from "../store/contract.ts";

/** How often a change is made anew, at most. */
const TRIES = 20;

/** A schedule with its next slot. What was there before and comes at the same times as before keeps its own. */
export function scheduled(
  spec: ScheduleSpec & { paused?: boolean },
  now: number,
  before?: Schedule,
): NewSchedule {
  const { name, expression, zone, missed, overlap, jitterMs, job, paused = false } = spec;
  const since = before?.expression === expression ? before.since : Math.floor(now / 1000) * 1000;
  const keeps = before?.expression === expression && before.zone === zone && before.jitterMs === jitterMs &&
    !before.paused;
  const after = Math.max(now, before?.lastSlot ?? -Infinity);
  const next = () => dueOf(firstSlot({ expression, zone, since }, after), spec);
  return {
    ...{ name, expression, zone, missed, overlap, jitterMs, job, paused, since },
    next: paused ? null : keeps ? before.next : next(),
  };
}

/** The schedule of a name. @throws {NoSuch} when there is none; `verb` is what cannot be done then */
export async function findSchedule(store: ScheduleStore, verb: string, name: string): Promise<Schedule> {
  const schedule = await store.schedule(name);
  if (schedule) return schedule;
  throw new NoSuch(`Cannot ${verb} schedule "${name}": no such schedule`);
}

/** Which schedules are to be changed, and how. */
export interface ChangeOfSchedules {
  /** Names the intent where one is not there: `pause`. */
  verb: string;
  /** Each once. */
  names: readonly string[];
  /** What becomes of it; null is nothing any more. */
  change(schedule: Schedule): NewSchedule | null;
  /** In ms since the epoch. */
  now: number;
}

/** Changes schedules, all or none, as they are at that moment. */
export async function changeSchedules(
  store: ScheduleStore,
  { verb, names, change, now }: ChangeOfSchedules,
): Promise<void> {
  await again(async () => {
    const found = await Promise.all(names.map((name) => findSchedule(store, verb, name)));
    const changes = found.map((schedule) => ({
      name: schedule.name,
      revision: schedule.revision,
      schedule: change(schedule),
    }));
    await store.changeSchedules(changes, now);
  });
}

/** Does something that reads schedules and changes them, until nobody comes between. */
export async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1;; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ScheduleChanged) || tries === TRIES) throw error;
    }
  }
}

/** Lets none of its slots come, or lets them come from now on. */
export async function pauseSchedules(
  store: ScheduleStore,
  names: readonly string[],
  { paused, now }: { paused: boolean; now: number },
): Promise<void> {
  await changeSchedules(store, {
    verb: paused ? "pause" : "resume",
    names,
    now,
    change: (schedule) =>
      schedule.paused === paused ? schedule : scheduled({ ...schedule, paused }, now, schedule),
  });
}

/** Runs a schedule now, whatever else it runs; its next slot comes all the same. Returns the id of the job. */
export async function runSchedule(
  store: ScheduleStore,
  name: string,
  defaults: JobDefaults & { idFormat: "short" | "uuid" },
): Promise<string> {
  return await again(async () => {
    const schedule = await findSchedule(store, "run", name);
    const { now, idFormat } = defaults;
    const slot = Math.floor(now / 1000) * 1000;
    const job = jobOfSlot(schedule, slot, defaults);
    const firing = {
      ...{ name, revision: schedule.revision, left: null, next: undefined },
      runs: [{ slot, kind: "manual" as const, job }],
    };
    const [fired] = await store.fire([firing], { now, idFormat });
    if (!fired!.done) throw new ScheduleChanged(`Cannot run schedule "${name}": it is being changed`);
    return fired!.ids[0]!;
  });
}

/** When it comes next, at most so often: the slots, without their jitter. While it is paused, when it would. */
export function upcoming(schedule: Schedule, now: number, most: number): number[] {
  const first = schedule.next?.slot;
  const slots = slotsOf(schedule);
  const after = Math.max(now, schedule.lastSlot ?? -Infinity);
  if (first === undefined || first > after) return nextSlots(slots, after, most);
  return [first, ...nextSlots(slots, after, most - 1)];
}
