/**
 * @module
 * An attempt from its row, which every store writes alike. It knows the names of the columns, but no SQL.
 */
import type { Attempt, Outcome, Progress, Usage } from "../../domain/job.ts";

/** A row of attempts, as far as users see it. */
export type AttemptRow =
  & {
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
    note: string | null;
    result_size: number | null;
    cpu_ms: number | null;
  }
  & ProgressRow
  & UsageRow;

/** How far an attempt said it was. */
export type ProgressRow = { percent: number | null; text: string | null };

/** What an attempt was seen to take. */
export type UsageRow = { memory: number | null; peak_memory: number | null; seen_cpu_ms: number | null };

export function toUsage({ memory, peak_memory: peakMemory, seen_cpu_ms: cpuMs }: UsageRow): Usage | null {
  return memory === null || peakMemory === null || cpuMs === null ? null : { memory, peakMemory, cpuMs };
}

export function toProgress({ percent, text }: ProgressRow): Progress | null {
  return percent === null && text === null ? null : { percent, text };
}

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
    progress: toProgress(row),
    note: row.note,
    resultSize: row.result_size,
    cpuMs: row.cpu_ms,
    usage: toUsage(row),
    pausedMs: row.paused_ms,
    unstopped: row.unstopped,
  };
}
