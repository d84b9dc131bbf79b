/**
 * @module
 * Schedules and what became of their slots as JSON, on the command line and over HTTP. Pure.
 */
import type { State } from "../domain/job.ts";
import type { JobSpec } from "../domain/schedule/spec.ts";
import type { Schedule, ScheduleRun } from "../store/contract.ts";
import { timeJson } from "./job_json.ts";

/** A schedule. Times in ISO 8601, UTC; durations in seconds. */
export interface ScheduleJson
  extends Pick<Schedule, "name" | "expression" | "missed" | "overlap" | "paused"> {
  /** The name of the zone whose clock counts. */
  tz: string;
  /** Each run comes later by up to so much. */
  jitter: number;
  /** What it runs, as `enqueue` takes it. */
  job: JobSpec;
  /** The next slot; null while it is paused. */
  next_slot: string | null;
  /** When that is due, later by the jitter. */
  next_at: string | null;
  /** The last slot that was decided; null before there is one. */
  last_slot: string | null;
  /** When it was made. */
  created_at: string | null;
}

/** What became of a slot, or of several in a row. */
export interface ScheduleRunJson extends Pick<ScheduleRun, "kind" | "count"> {
  /** Its number among those of the schedule. */
  nth: number;
  /** The slot, or the first of them. */
  slot: string | null;
  /** The last of them. */
  until: string | null;
  /** When that was decided. */
  at: string | null;
  /** The id of the job; of a skipped slot, of the one that had not ended. Null where there is none any more. */
  job: string | null;
  /** What has become of that job. */
  state: State | null;
  /** As in a job. */
  started_at: string | null;
  /** As in a job. */
  finished_at: string | null;
  /** As in a job. */
  exit_code: number | null;
  /** As in a job. */
  signal: string | null;
  /** As in a job. */
  error: string | null;
}

/** A schedule for programs. */
export function scheduleJson(schedule: Schedule): ScheduleJson {
  const { name, expression, zone, missed, overlap, jitterMs, paused, job, next, lastSlot, createdAt } =
    schedule;
  return {
    ...{ name, expression, tz: zone, missed, overlap, jitter: jitterMs / 1000, paused, job },
    next_slot: timeJson(next?.slot ?? null),
    next_at: timeJson(next?.at ?? null),
    last_slot: timeJson(lastSlot),
    created_at: timeJson(createdAt),
  };
}

/** What became of a slot, for programs. */
export function scheduleRunJson({ nth, kind, slot, until, count, at, job }: ScheduleRun): ScheduleRunJson {
  return {
    ...{ nth, kind, slot: timeJson(slot), until: timeJson(until), count, at: timeJson(at) },
    job: job?.id ?? null,
    state: job?.state ?? null,
    started_at: timeJson(job?.startedAt ?? null),
    finished_at: timeJson(job?.finishedAt ?? null),
    exit_code: job?.exitCode ?? null,
    signal: job?.signal ?? null,
    error: job?.error ?? null,
  };
}
