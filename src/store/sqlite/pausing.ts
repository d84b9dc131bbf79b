/**
 * @module
 * Letting jobs stand still and go on. What counts for how long an attempt stood still is when that was asked for, so
 * that the time left for it can be told whoever dies: whoever watches it follows within moments.
 */
import type { Paused, PausedAttempt, Verb } from "../contract.ts";
import { allowed, cannotPauseHere } from "../rules/refusals.ts";
import type { Database } from "./engine/database.ts";
import { holdOne } from "./manage.ts";
import { findRow, type JobRow } from "./rows.ts";

const PAUSE = "UPDATE jobs SET paused_at = coalesce(paused_at, ?) WHERE seq = ? AND state = 'processing'";
const RESUME = "UPDATE jobs SET paused_at = NULL WHERE seq = ?";
/** Never 0: whoever adopts it has to know that it may stand still. */
const COUNT_PAUSE = `
  UPDATE attempts SET paused_ms = paused_ms + max(1, ? - ?), unstopped = NULL
  WHERE job = ? AND attempt = ? AND finished_at IS NULL`;

/** What one needs to know of a job to let it stand still. */
type Found = Pick<JobRow, "seq" | "state" | "last_attempt" | "paused_at">;

/** Holds waiting jobs, and notes for running ones that they shall stand still. */
export function pause(
  db: Database,
  ids: readonly string[],
  { now, running }: { now: number; running: boolean },
): Paused {
  return each(db, { verb: "pause", ids }, (job, id) => {
    if (job.state === "processing" && !running) throw cannotPauseHere(id);
    return pauseOne(db, job, now);
  });
}

/** Releases waiting jobs, and notes for running ones that they shall go on. */
export function resume(db: Database, ids: readonly string[], now: number): Paused {
  return each(db, { verb: "resume", ids }, (job) => resumeOne(db, job, now));
}

function each(
  db: Database,
  { verb, ids }: { verb: Verb; ids: readonly string[] },
  act: (job: JobRow, id: string) => "done" | "requested",
): Paused {
  const done = { waiting: 0, running: 0 };
  for (const id of ids) {
    const kind = act(allowed(findRow(db, id), { verb, id }), id);
    done[kind === "requested" ? "running" : "waiting"] += 1;
  }
  return done;
}

/** The same for one job that allows it. */
export function pauseOne(db: Database, job: Found, now: number): "done" | "requested" {
  if (job.state !== "processing") return hold(db, job, true);
  db.run(PAUSE, now, job.seq);
  return "requested";
}

/** The same for one job that allows it. */
export function resumeOne(db: Database, job: Found, now: number): "done" | "requested" {
  const { seq, state, last_attempt, paused_at } = job;
  if (state !== "processing") return hold(db, job, false);
  if (paused_at !== null) {
    db.run(COUNT_PAUSE, now, paused_at, seq, last_attempt);
    db.run(RESUME, seq);
  }
  return "requested";
}

function hold(db: Database, job: Found, held: boolean): "done" {
  holdOne(db, job, held);
  return "done";
}

const NOTE = `
  UPDATE attempts SET unstopped = ?
  WHERE supervisor = ? AND token = ? AND finished_at IS NULL
    AND EXISTS (SELECT 1 FROM jobs WHERE seq = job AND paused_at = ?)`;

/** Notes that attempts stand still. */
export function notePaused(db: Database, supervisor: string, paused: readonly PausedAttempt[]): void {
  for (const { token, since, unstopped } of paused) db.run(NOTE, unstopped, supervisor, token, since);
}
