/**
 * @module
 * Jobs and attempts as JSON, the same on the command line and over HTTP: times in ISO 8601, UTC; durations in
 * seconds; what is absent is null. Pure.
 */
import {
  FIELDS,
  type FieldValue,
  type Kind,
  SHOWN_FIELDS,
  type ShownName,
  type StoredFields,
} from "../domain/fields.ts";
import type { Attempt, Job, Outcome, State } from "../domain/job.ts";
import { unitsJson } from "../domain/units.ts";
import type { SkipReason } from "../domain/needs.ts";

/** The fields of a job as JSON. */
export type FieldsJson = { [N in ShownName as (typeof FIELDS)[N]["json"]]: FieldJson<N> };

/** A field as JSON. */
export type FieldJson<N extends ShownName> = N extends "id" ? string
  : (typeof FIELDS)[N]["kind"] extends { type: "time" } ? string | null
  : (typeof FIELDS)[N]["kind"] extends { type: "units" } ? Readonly<Record<string, number>> | null
  : FieldValue<N>;

/** A job as JSON: its fields, and what has become of it. */
export interface JobJson extends FieldsJson {
  /** One of `STATES`. */
  state: State;
  /** Attempts that count against `max_retries`. */
  attempts: number;
  /** When it was enqueued. */
  created_at: string | null;
  /** Of the latest attempt, as all that follows up to `worker`. */
  started_at: string | null;
  /** When it ended. */
  finished_at: string | null;
  /** What its shell exited with. */
  exit_code: number | null;
  /** What ended it, such as `SIGKILL`. */
  signal: string | null;
  /** What went wrong, in words. */
  error: string | null;
  /** Who ran it. */
  worker: string | null;
  /** Why it was skipped; null unless it is. */
  skipped_for: SkipReason | null;
  /** Since when it stands still while it runs; null when it does not. */
  paused_since: string | null;
  /** How many bytes it reads on its stdin; null is none. */
  stdin_size: number | null;
  /** From 0 to 100, as its running attempt said; null where it did not say. */
  progress: number | null;
  /** In words, as its running attempt said; null where it did not say. */
  progress_text: string | null;
  /** The memory that its processes were seen to have, in bytes; null while none runs, or where nobody has looked. */
  memory_used: number | null;
  /** The CPU time that they were seen to have taken, in seconds; null likewise. */
  cpu_used: number | null;
  /** How many bytes its next attempt finds in its checkpoint; null is none. */
  checkpoint_size: number | null;
  /** Since when it has put itself off again and again; null when its latest attempt did not. */
  snoozed_since: string | null;
}

/** An attempt as JSON. */
export interface AttemptJson {
  /** Its number, from 1. */
  attempt: number;
  /** How it ended; null while it runs. */
  outcome: Outcome | null;
  /** When it started. */
  started_at: string | null;
  /** When it ended. */
  finished_at: string | null;
  /** What its shell exited with. */
  exit_code: number | null;
  /** What ended it, such as `SIGKILL`. */
  signal: string | null;
  /** What went wrong, in words. */
  error: string | null;
  /** Who watched it last. */
  worker: string;
  /** The worker that started it, where another one adopted it. */
  adopted_from: string | null;
  /** Where that was. */
  host: string;
  /** The CPU time of its processes, in seconds; while it runs, what they were seen to have taken; null where nobody knows. */
  cpu_used: number | null;
  /** The memory that they were seen to have, in bytes; null once it has ended, or where nobody has looked. */
  memory_used: number | null;
  /** The most memory that they were seen to have, in bytes: at least that; null likewise. */
  peak_memory: number | null;
  /** For how long it stood still, in seconds, without the pause that lasts. */
  paused_for: number;
  /** How many of its processes could not be stopped; null where it is not paused, or not yet. */
  unstopped: number | null;
  /** From 0 to 100, as it said last; null where it did not say. */
  progress: number | null;
  /** In words, as it said last; null where it did not say. */
  progress_text: string | null;
  /** What is to be said of that, such as that its result was too large; null when nothing is. */
  note: string | null;
  /** Bytes of its result; null where it left none. */
  result_size: number | null;
}

/** A job, ready for `JSON.stringify`. */
export function jobJson(job: Job): JobJson {
  const { id, queue, command, held, priority, max_retries, timeout, run_at, ...others } = fieldsJson(job);
  return {
    ...{ id, queue, command },
    state: job.state,
    ...{ held, priority },
    attempts: job.attempts,
    ...{ max_retries, timeout, run_at },
    created_at: timeJson(job.createdAt),
    started_at: timeJson(job.startedAt),
    finished_at: timeJson(job.finishedAt),
    exit_code: job.exitCode,
    signal: job.signal,
    error: job.error,
    worker: job.worker,
    skipped_for: job.skippedFor,
    paused_since: timeJson(job.pausedAt),
    ...others,
    stdin_size: job.stdinSize,
    ...progressJson(job),
    ...usageJson(job),
    checkpoint_size: job.checkpointSize,
    snoozed_since: timeJson(job.snoozedSince),
  };
}

/** How far something is. */
export function progressJson({ progress }: Pick<Job, "progress">): {
  progress: number | null;
  progress_text: string | null;
} {
  return { progress: progress?.percent ?? null, progress_text: progress?.text ?? null };
}

/** What something takes that runs. */
export function usageJson({ usage }: Pick<Job, "usage">): {
  memory_used: number | null;
  cpu_used: number | null;
} {
  return { memory_used: usage?.memory ?? null, cpu_used: usage ? usage.cpuMs / 1000 : null };
}

function fieldsJson(job: Job): FieldsJson {
  const fields: Record<string, unknown> = {};
  for (const name of SHOWN_FIELDS) {
    const { key, json, kind } = FIELDS[name];
    fields[json] = valueJson(kind, job[key]);
  }
  return fields as FieldsJson;
}

function valueJson({ type }: Kind, value: Job[keyof StoredFields]): unknown {
  switch (type) {
    case "time":
    case "delay":
      return timeJson(value as number | null);
    case "duration":
      return value === null ? null : value as number / 1000;
    case "units":
      return unitsJson(value as string | null);
    case "integer":
    case "size":
    case "text":
    case "line":
    case "word":
    case "ends":
    case "backoff":
    case "path":
    case "variables":
    case "flag":
    case "input":
    case "jobs":
    case "groups":
      return value;
  }
}

/** An attempt, ready for `JSON.stringify`. */
export function attemptJson(attempt: Attempt): AttemptJson {
  return {
    attempt: attempt.attempt,
    outcome: attempt.outcome,
    started_at: timeJson(attempt.startedAt),
    finished_at: timeJson(attempt.finishedAt),
    exit_code: attempt.exitCode,
    signal: attempt.signal,
    error: attempt.error,
    worker: attempt.worker,
    adopted_from: attempt.adoptedFrom,
    host: attempt.host,
    ...(attempt.finishedAt === null ? usageJson(attempt) : {
      cpu_used: attempt.cpuMs === null ? null : attempt.cpuMs / 1000,
      memory_used: null,
    }),
    peak_memory: attempt.usage?.peakMemory ?? null,
    paused_for: attempt.pausedMs / 1000,
    unstopped: attempt.unstopped,
    ...progressJson(attempt),
    note: attempt.note,
    result_size: attempt.resultSize,
  };
}

/** A time in ms since the epoch as ISO 8601 in UTC; null stays null. */
export function timeJson(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
