/**
 * @module
 * Jobs and attempts as JSON, the same on the command line and over HTTP: times in ISO 8601, UTC; durations in
 * seconds; what is absent is null. Pure.
 */
import type { Attempt, Job, Outcome, State } from "../domain/job.ts";

/** A job as JSON. */
export interface JobJson {
  /** Its id. */
  id: string;
  /** The name of its queue. */
  queue: string;
  /** What the shell runs. */
  command: string;
  /** One of `STATES`. */
  state: State;
  /** It waits until it is released. */
  held: boolean;
  /** Lower runs first. */
  priority: number;
  /** Attempts that count against `max_retries`. */
  attempts: number;
  /** How often it is run again when it fails. */
  max_retries: number;
  /** How long an attempt may run; 0 is for ever. */
  timeout: number;
  /** When it may start, or start again. */
  run_at: string | null;
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
  /** A word of the user's own. */
  label: string | null;
  /** Where it runs. */
  cwd: string | null;
  /** Laid over the worker's environment. */
  env: Readonly<Record<string, string>> | null;
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
}

/** A job, ready for `JSON.stringify`. */
export function jobJson(job: Job): JobJson {
  return {
    id: job.id,
    queue: job.queue,
    command: job.command,
    state: job.state,
    held: job.held,
    priority: job.priority,
    attempts: job.attempts,
    max_retries: job.maxRetries,
    timeout: job.timeoutMs / 1000,
    run_at: timeJson(job.runAt),
    created_at: timeJson(job.createdAt),
    started_at: timeJson(job.startedAt),
    finished_at: timeJson(job.finishedAt),
    exit_code: job.exitCode,
    signal: job.signal,
    error: job.error,
    worker: job.worker,
    label: job.label,
    cwd: job.cwd,
    env: job.env,
  };
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
  };
}

/** A time in ms since the epoch as ISO 8601 in UTC; null stays null. */
export function timeJson(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
