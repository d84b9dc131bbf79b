/**
 * @module
 * Jobs and attempts as JSON, the same on the command line and over HTTP: times in ISO 8601, UTC; durations in
 * seconds; what is absent is null. Pure.
 */
import type { Attempt, Job } from "./job.ts";

/** A job as JSON. */
export type JobJson = ReturnType<typeof jobJson>;

/** An attempt as JSON. */
export type AttemptJson = ReturnType<typeof attemptJson>;

/** A job, ready for `JSON.stringify`. */
export function jobJson(job: Job) {
  return {
    id: job.id,
    queue: job.queue,
    command: job.command,
    state: job.state,
    held: job.held,
    priority: job.priority,
    attempts: job.attempts,
    max_retries: job.maxRetries,
    /** In seconds; 0 is none. */
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
export function attemptJson(attempt: Attempt) {
  return {
    attempt: attempt.attempt,
    outcome: attempt.outcome,
    started_at: timeJson(attempt.startedAt),
    finished_at: timeJson(attempt.finishedAt),
    exit_code: attempt.exitCode,
    signal: attempt.signal,
    error: attempt.error,
    worker: attempt.worker,
    host: attempt.host,
  };
}

/** A time in ms since the epoch as ISO 8601 in UTC; null stays null. */
export function timeJson(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
