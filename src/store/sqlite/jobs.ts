/**
 * @module
 * Looking at jobs by their ids, and at what stands before them. Only reads.
 */
import type { Attempt, Job, State } from "../../domain/job.ts";
import type { AheadOf } from "../contract.ts";
import { type AttemptRow, toAttempt } from "../rules/attempts.ts";
import { idOf } from "../rules/jobs.ts";
import type { Database } from "./engine/database.ts";
import { countAhead } from "./lanes.ts";
import { findRow, findState, toJob } from "./rows.ts";
import { withSaid } from "./said.ts";

export function get(db: Database, id: string): Job | undefined {
  const row = findRow(db, id);
  return row && withSaid(db, toJob(row));
}

const ATTEMPTS = `
  SELECT a.*, s.percent, s.text, s.note, s.memory, s.peak_memory, s.cpu_ms AS seen_cpu_ms,
    (SELECT length(bytes) FROM results r WHERE r.job = a.job AND r.attempt = a.attempt) AS result_size
  FROM attempts a LEFT JOIN said s ON s.job = a.job AND s.attempt = a.attempt
  WHERE a.job = ? ORDER BY a.attempt`;

/** The attempts of a job, oldest first; empty when there is no such job. */
export function attempts(db: Database, id: string): Attempt[] {
  const job = findRow(db, id);
  if (!job) return [];
  return db.all<AttemptRow>(ATTEMPTS, job.seq).map(toAttempt);
}

/** The states of many jobs, in the given order; undefined where there is no such job. */
export function states(db: Database, ids: readonly string[]): (State | undefined)[] {
  return ids.map((id) => findState(db, id));
}

/** The ids of jobs by their numbers. */
export function idsOf(db: Database, seqs: readonly number[]): string[] {
  return seqs.flatMap((seq) => {
    const row = db.get<{ name: string | null }>("SELECT name FROM jobs WHERE seq = ?", seq);
    return row ? [idOf({ seq, ...row })] : [];
  });
}

/** How many jobs of these queues, as far as they are not paused, would be claimed before this one, counted to `limit`. */
export function ahead(db: Database, id: string, which: AheadOf): number {
  const job = findRow(db, id);
  return job ? countAhead(db, job, which) : 0;
}
