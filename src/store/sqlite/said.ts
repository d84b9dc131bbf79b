/**
 * @module
 * What attempts say of themselves: how far they are, their results, and the checkpoints of their jobs. Only running
 * attempts of a supervisor are heard. Invariant: `jobs.checkpoint_size` says whether there is a checkpoint, so that
 * nobody looks for it in vain. Jobs that say nothing have no rows here and cost nothing.
 */
import type { Job, Progress } from "../../domain/job.ts";
import type { AttemptSaid } from "../contract.ts";
import { type ProgressRow, toProgress } from "../rules/attempts.ts";
import type { Database } from "./engine/database.ts";
import { findRow, type JobRow } from "./rows.ts";

const RUNNING =
  "SELECT job, attempt FROM attempts WHERE supervisor = ? AND token = ? AND finished_at IS NULL";
const SAY = `
  INSERT INTO said (job, attempt, percent, text, note) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET percent = excluded.percent, text = excluded.text, note = coalesce(excluded.note, note)`;
const NOTE = `
  INSERT INTO said (job, attempt, note) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET note = excluded.note`;
const KEEP_RESULT = "INSERT OR REPLACE INTO results (job, attempt, bytes) VALUES (?, ?, ?)";
const KEEP_CHECKPOINT = "INSERT OR REPLACE INTO checkpoints (job, bytes) VALUES (?, ?)";
const DROP_CHECKPOINT = "DELETE FROM checkpoints WHERE job = ?";
const NOTE_CHECKPOINT = "UPDATE jobs SET checkpoint_size = ? WHERE seq = ?";
const NOTE_SNOOZE = "UPDATE jobs SET snoozed_since = ? WHERE seq = ?";

/** Stores what running attempts of a supervisor said. */
export function storeSaid(db: Database, supervisor: string, said: readonly AttemptSaid[]): void {
  for (const { token, progress, note, result, checkpoint, snoozedSince } of said) {
    const of = db.get<{ job: number; attempt: number }>(RUNNING, supervisor, token);
    if (!of) continue;
    const { job, attempt } = of;
    if (progress) db.run(SAY, job, attempt, progress.percent, progress.text, note ?? null);
    else if (note !== undefined) db.run(NOTE, job, attempt, note);
    if (result) db.run(KEEP_RESULT, job, attempt, result);
    if (checkpoint) db.run(KEEP_CHECKPOINT, job, checkpoint);
    if (checkpoint === null) db.run(DROP_CHECKPOINT, job);
    if (checkpoint !== undefined) db.run(NOTE_CHECKPOINT, checkpoint?.length ?? null, job);
    if (snoozedSince !== undefined) db.run(NOTE_SNOOZE, snoozedSince, job);
  }
}

const PROGRESS = "SELECT percent, text FROM said WHERE job = ? AND attempt = ?";

/** The job with how far its running attempt is, if one runs. */
export function withProgress(db: Database, job: Job): Job {
  return job.state === "processing" ? { ...job, progress: progressOf(db, job) } : job;
}

function progressOf(db: Database, { seq, lastAttempt }: Job): Progress | null {
  const row = db.get<ProgressRow>(PROGRESS, seq, lastAttempt);
  return row ? toProgress(row) : null;
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
