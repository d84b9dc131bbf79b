/**
 * @module
 * Letting jobs stand still and go on. What counts for how long an attempt stood still is when that was asked for, so
 * that the time left for it can be told whoever dies: whoever watches it follows within moments.
 */
import type { Paused, PausedAttempt } from "../contract.ts";
import { allowed, cannotPauseHere, type Verb } from "../rules/refusals.ts";
import type { Database } from "./engine/database.ts";
import { hold } from "./manage.ts";
import { findRow, type JobRow } from "./rows.ts";

const PAUSE = "UPDATE jobs SET paused_at = coalesce(paused_at, ?) WHERE seq = ? AND state = 'processing'";
const RESUME = "UPDATE jobs SET paused_at = NULL WHERE seq = ?";
/** Never 0: whoever adopts it has to know that it may stand still. */
const COUNT_PAUSE = `
  UPDATE attempts SET paused_ms = paused_ms + max(1, ? - ?), unstopped = NULL
  WHERE job = ? AND attempt = ? AND finished_at IS NULL`;

/** Holds waiting jobs, and notes for running ones that they shall stand still. */
export function pause(
  db: Database,
  ids: readonly string[],
  { now, running }: { now: number; running: boolean },
): Paused {
  return each(db, "pause", ids, {
    waiting: (id) => hold(db, [id], true),
    running({ seq }, id) {
      if (!running) throw cannotPauseHere(id);
      db.run(PAUSE, now, seq);
    },
  });
}

/** Releases waiting jobs, and notes for running ones that they shall go on. */
export function resume(db: Database, ids: readonly string[], now: number): Paused {
  return each(db, "resume", ids, {
    waiting: (id) => hold(db, [id], false),
    running({ seq, last_attempt, paused_at }) {
      if (paused_at === null) return;
      db.run(COUNT_PAUSE, now, paused_at, seq, last_attempt);
      db.run(RESUME, seq);
    },
  });
}

function each(
  db: Database,
  verb: Verb,
  ids: readonly string[],
  act: { waiting(id: string): void; running(job: JobRow, id: string): void },
): Paused {
  const done = { waiting: 0, running: 0 };
  for (const id of ids) {
    const job = allowed(findRow(db, id), { verb, id });
    const kind = job.state === "processing" ? "running" : "waiting";
    if (kind === "running") act.running(job, id);
    else act.waiting(id);
    done[kind] += 1;
  }
  return done;
}

const NOTE = `
  UPDATE attempts SET unstopped = ?
  WHERE supervisor = ? AND token = ? AND finished_at IS NULL
    AND EXISTS (SELECT 1 FROM jobs WHERE seq = job AND paused_at = ?)`;

/** Notes that attempts stand still. */
export function notePaused(db: Database, supervisor: string, paused: readonly PausedAttempt[]): void {
  for (const { token, since, unstopped } of paused) db.run(NOTE, unstopped, supervisor, token, since);
}
