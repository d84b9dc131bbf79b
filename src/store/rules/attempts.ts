/**
 * @module
 * An attempt from its row, which every store writes alike. It knows the names of the columns, but no SQL.
 */
import type { Attempt, Outcome } from "../../domain/job.ts";

/** A row of attempts, as far as users see it. */
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
  paused_ms: number;
  unstopped: number | null;
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
    pausedMs: row.paused_ms,
    unstopped: row.unstopped,
  };
}
