/**
 * @module
 * What attempts say of themselves: how far they are, their results, and the checkpoints of their jobs. Only running
 * attempts of a supervisor are heard. Invariant: `jobs.checkpoint_size` says whether there is a checkpoint, so that
 * nobody looks for it in vain. Jobs that say nothing have no rows here and cost nothing.
 */
import type { Job } from "../../domain/job.ts";
import type { AttemptSaid } from "../contract.ts";
import { type ProgressRow, toProgress, toUsage, type UsageRow } from "../rules/attempts.ts";
import type { Database } from "./engine/database.ts";
import { findRow, type JobRow } from "./rows.ts";

const RUNNING =
  "SELECT job, attempt FROM attempts WHERE supervisor = ? AND token = ? AND finished_at IS NULL";
const SAY = `
  INSERT INTO said (job, attempt, percent, text, note) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET percent = excluded.percent, text = excluded.text, note = coalesce(excluded.note, note)`;
const NOTE = `
  INSERT INTO said (job, attempt, note) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET note = excluded.note`;
const SEE = `
  INSERT INTO said (job, attempt, memory, peak_memory, cpu_ms) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET memory = excluded.memory, cpu_ms = excluded.cpu_ms,
    peak_memory = max(excluded.peak_memory, coalesce(peak_memory, 0))`;
const KEEP_RESULT = "INSERT OR REPLACE INTO results (job, attempt, bytes) VALUES (?, ?, ?)";
const KEEP_CHECKPOINT = "INSERT OR REPLACE INTO checkpoints (job, bytes) VALUES (?, ?)";
const DROP_CHECKPOINT = "DELETE FROM checkpoints WHERE job = ?";
const NOTE_CHECKPOINT = "UPDATE jobs SET checkpoint_size = ? WHERE seq = ?";
const NOTE_SNOOZE = "UPDATE jobs SET snoozed_since = ? WHERE seq = ?";

/** Stores what running attempts of a supervisor said. */
export function storeSaid(db: Database, supervisor: string, said: readonly AttemptSaid[]): void {
  for (const { token, progress, note, usage, result, checkpoint, snoozedSince } of said) {
    const of = db.get<{ job: number; attempt: number }>(RUNNING, supervisor, token);
    if (!of) continue;
    const { job, attempt } = of;
    if (progress) db.run(SAY, job, attempt, progress.percent, progress.text, note ?? null);
    else if (note !== undefined) db.run(NOTE, job, attempt, note);
    if (usage) db.run(SEE, job, attempt, usage.memory, usage.peakMemory, usage.cpuMs);
    if (result) db.run(KEEP_RESULT, job, attempt, result);
    if (checkpoint) db.run(KEEP_CHECKPOINT, job, checkpoint);
    if (checkpoint === null) db.run(DROP_CHECKPOINT, job);
    if (checkpoint !== undefined) db.run(NOTE_CHECKPOINT, checkpoint?.length ?? null, job);
    if (snoozedSince !== undefined) db.run(NOTE_SNOOZE, snoozedSince, job);
  }
}

const SAID = `
  SELECT percent, text, memory, peak_memory, cpu_ms AS seen_cpu_ms FROM said WHERE job = ? AND attempt = ?`;

/** The job with how far its running attempt is and what that takes, if one runs. */
export function withSaid(db: Database, job: Job): Job {
  if (job.state !== "processing") return job;
  const row = db.get<ProgressRow & UsageRow>(SAID, job.seq, job.lastAttempt);
  return row ? { ...job, progress: toProgress(row), usage: toUsage(row) } : job;
}

const RESULT = "SELECT bytes FROM results WHERE job = ? AND attempt = ?";

/** The result of an attempt; undefined when it left none, or there is no such attempt. */
export function resultOf(db: Database, id: string, attempt: number): Uint8Array | undefined {
  const job = findRow(db, id);
  return job && db.get<{ bytes: Uint8Array }>(RESULT, job.seq, attempt)?.bytes;
}

const CHECKPOINT = "SELECT bytes FROM checkpoints WHERE job = ?";

/** What the next attempt of a job finds; undefined when that is nothing, or it cannot be read. */
export function readCheckpoint(
  db: Database,
  { seq, checkpoint_size: size }: Pick<JobRow, "seq" | "checkpoint_size">,
): Uint8Array | undefined {
  if (size === null) return undefined;
  const bytes = db.get<{ bytes: unknown }>(CHECKPOINT, seq)?.bytes;
  return bytes instanceof Uint8Array && bytes.length === size ? bytes : undefined;
}
