/**
 * @module
 * Schedules, their slots and what became of those.
 */
import type { Job, NewJob } from "../../domain/job.ts";
import type { Due, LeftOut } from "../../domain/schedule/coming.ts";
import type { ScheduleSpec } from "../../domain/schedule/spec.ts";

/**
 * Schedules, and what became of their slots. When a schedule comes next is found out by whoever writes it down; the store
 * sees to it that each slot is decided once: a change or a firing holds only for the schedule as it was read, which its
 * revision tells. Slots are by the clock of the store.
 */
export interface ScheduleStore {
  /** Schedules by name: all of them, or a page. */
  schedules(page?: SchedulePage): Promise<Schedule[]>;
  /** A schedule, or undefined. */
  schedule(name: string): Promise<Schedule | undefined>;
  /** How many there are, and when the next is due. Those that were due before a time and are not decided are overdue. */
  scheduleSummary(overdueBefore: number): Promise<ScheduleSummary>;
  /**
   * Makes, changes and removes schedules, all of them or none.
   * @throws {ScheduleChanged} when one is not as it was read: look again
   */
  changeSchedules(changes: readonly ScheduleChange[], now: number): Promise<void>;
  /** The schedules that are due, the longest first. */
  dueSchedules(now: number, limit: number): Promise<DueSchedules>;
  /**
   * Starts the runs of schedules and writes down what became of their slots; those that are not as they were read are left
   * alone. What overlaps is decided here. Returns what was done, in order.
   */
  fire(firings: readonly Firing[], options: FireOptions): Promise<Fired[]>;
  /** What became of the latest slots of some schedules, in the order of the names, each the latest first. */
  scheduleRuns(names: readonly string[], page: RunsPage): Promise<ScheduleRun[][]>;
}

/** Schedules at a glance. */
export interface ScheduleSummary {
  /** How many there are. */
  total: number;
  /** How many of them are paused. */
  paused: number;
  /** How many were due long ago. */
  overdue: number;
  /** When the next is due, in ms since the epoch; null when none is. */
  nextAt: number | null;
}

/** A page of schedules. */
export interface SchedulePage {
  /** Names after this one. */
  after?: string;
  /** At most so many. */
  limit: number;
}

/** A schedule as it is written down. Times in ms since the epoch. */
export interface NewSchedule extends ScheduleSpec {
  /** None of its slots comes. */
  paused: boolean;
  /** Where `every` counts from. */
  since: number;
  /** The first slot of which nothing is decided, and when it is due; null while it is paused, or when none comes any more. */
  next: Due | null;
}

/** A schedule. */
export interface Schedule extends NewSchedule {
  /** When it was made. */
  createdAt: number;
  /** The last slot that was decided; null before there is one. It never goes back, whatever clocks do. */
  lastSlot: number | null;
  /** Changes with each change and each firing. */
  revision: number;
}

/** A change of a schedule. */
export interface ScheduleChange {
  /** Which one. */
  name: string;
  /** The revision it was read at; null where there was none. */
  revision: number | null;
  /** What it shall be; null removes it, with what became of its slots. */
  schedule: NewSchedule | null;
}

/** Schedules that are due. */
export interface DueSchedules {
  /** The time by the clock of the store. */
  now: number;
  /** Those whose next slot is due. */
  schedules: Schedule[];
}

/** How a run came about: on time; later, since nobody was there; or a person asked for it. */
export type RunKind = "on_time" | "late" | "manual";

/** What to do for a schedule. */
export interface Firing {
  /** Which one. */
  name: string;
  /** The revision it was read at. */
  revision: number;
  /** Oldest first. A person's run has the time at which it was asked for. */
  runs: readonly { slot: number; kind: RunKind; job: NewJob }[];
  /** Slots that were missed and do not run. */
  left: LeftOut | null;
  /** The next slot; undefined leaves it as it is. */
  next: Due | null | undefined;
}

/** How schedules are fired. */
export interface FireOptions {
  /** In ms since the epoch, by the clock of whoever fires. */
  now: number;
  /** Ids of the jobs. */
  idFormat: "short" | "uuid";
}

/** What was done. */
export interface Fired {
  /** Which one. */
  name: string;
  /** It was as it had been read; else nothing was done. */
  done: boolean;
  /** The jobs that were enqueued. */
  ids: string[];
  /** How many runs were left out, since others had not ended. */
  skipped: number;
}

/** A page of what became of slots. */
export interface RunsPage {
  /** Those before this number. */
  before?: number;
  /** At most so many of each schedule. */
  limit: number;
}

/** What became of one slot, or of several in a row. */
export interface ScheduleRun {
  /** Its number among those of the schedule. */
  nth: number;
  /** How it ran; or `missed`: nobody was there; `skipped`: another run had not ended. */
  kind: RunKind | "missed" | "skipped";
  /** The slot, or the first of them. */
  slot: number;
  /** The last of them. */
  until: number;
  /** How many; null is very many. */
  count: number | null;
  /** When that was decided. */
  at: number;
  /** The job; of a skipped slot, the one that had not ended. Null when it is gone, or there was none. */
  job: Pick<Job, "id" | "state" | "startedAt" | "finishedAt" | "exitCode" | "signal" | "error"> | null;
}
