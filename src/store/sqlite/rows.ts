/**
 * @module
 * Rows of the database to jobs and attempts, and ids to rows: `j<seq>` is the row's number, any other id is
 * in the column `name`.
 */
import type { Attempt, Job, Outcome, State } from "../../domain/job.ts";
import { idOf, seqOf } from "../rules/job_id.ts";
import type { Database } from "./engine/database.ts";

/** A row of `jobs`. */
export type JobRow = {
  seq: number;
  name: string | null;
  queue: string;
  command: string;
  state: State;
  priority: number;
  attempts: number;
  last_attempt: number;
  max_retries: number;
  timeout_ms: number;
  run_at: number | null;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  exit_code: number | null;
  signal: string | null;
  error: string | null;
  worker: string | null;
  label: string | null;
  cwd: string | null;
  env: string | null;
  held: number;
  cancel_requested: number;
};

export function toJob(row: JobRow): Job {
  return {
    id: idOf(row),
    seq: row.seq,
    queue: row.queue,
    command: row.command,
    state: row.state,
    priority: row.priority,
    attempts: row.attempts,
    lastAttempt: row.last_attempt,
    maxRetries: row.max_retries,
    timeoutMs: row.timeout_ms,
    runAt: row.run_at,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    exitCode: row.exit_code,
    signal: row.signal,
    error: row.error,
    worker: row.worker,
    label: row.label,
    cwd: row.cwd,
    env: row.env === null ? null : envOf(row.env) ?? null,
    held: row.held === 1,
    cancelRequested: row.cancel_requested === 1,
  };
}

/** A row of `attempts`, as far as users see it. */
export type AttemptRow = {
  attempt: number;
  worker: string;
  adopted_from: string | null;
  supervisor: string;
  host: string;
  started_at: number;
  finished_at: number | null;
  outcome: Outcome | null;
  exit_code: number | null;
  signal: string | null;
  error: string | null;
};

export function toAttempt(row: AttemptRow): Attempt {
  return {
    attempt: row.attempt,
    worker: row.worker,
    adoptedFrom: row.adopted_from,
    supervisor: row.supervisor,
    host: row.host,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    outcome: row.outcome,
    exitCode: row.exit_code,
    signal: row.signal,
    error: row.error,
  };
}

/** The row of a job, or undefined. */
export function findRow(db: Database, id: string): JobRow | undefined {
  const seq = seqOf(id);
  return seq === undefined
    ? db.get<JobRow>("SELECT * FROM jobs WHERE name = ?", id)
    : db.get<JobRow>("SELECT * FROM jobs WHERE seq = ? AND name IS NULL", seq);
}

/** The state of a job, or undefined; much cheaper than its row. */
export function findState(db: Database, id: string): State | undefined {
  const seq = seqOf(id);
  const row = seq === undefined
    ? db.get<{ state: State }>("SELECT state FROM jobs WHERE name = ?", id)
    : db.get<{ state: State }>("SELECT state FROM jobs WHERE seq = ? AND name IS NULL", seq);
  return row?.state;
}

/** A job's variables; undefined when they cannot be read. */
export function envOf(text: string): NonNullable<Job["env"]> | undefined {
  try {
    const env: unknown = JSON.parse(text);
    if (typeof env !== "object" || env === null || Array.isArray(env)) return undefined;
    return Object.values(env).every((value) => typeof value === "string")
      ? env as NonNullable<Job["env"]>
      : undefined;
  } catch {
    return undefined;
  }
}
