/**
 * @module
 * Looking at jobs by their ids, and at what stands before them. Only reads.
 */
import type { Attempt, Job, State } from "../../job.ts";
import type { Database, Value } from "./database.ts";
import { lanes } from "./counts.ts";
import { type AttemptRow, findRow, findState, toAttempt, toJob } from "./rows.ts";

/** The job, or undefined. */
export function get(db: Database, id: string): Job | undefined {
  const row = findRow(db, id);
  return row && toJob(row);
}

/** The attempts of a job, oldest first; empty when there is no such job. */
export function attempts(db: Database, id: string): Attempt[] {
  const job = findRow(db, id);
  if (!job) return [];
  return db.all<AttemptRow>("SELECT * FROM attempts WHERE job = ? ORDER BY attempt", job.seq).map(toAttempt);
}

/** The states of many jobs, in the given order; undefined where there is no such job. */
export function states(db: Database, ids: readonly string[]): (State | undefined)[] {
  return ids.map((id) => findState(db, id));
}

const READY = "SELECT 1 FROM jobs WHERE state = 'pending' AND queue = ? AND held = 0";
// two ranges of the index: (priority, seq) < (?, ?) would read every job of the same priority
const SOONER = `SELECT count(*) AS n FROM (${READY} AND priority < ? LIMIT ?)`;
const OLDER = `SELECT count(*) AS n FROM (${READY} AND priority = ? AND seq < ? LIMIT ?)`;

/** How many jobs of all queues that are not paused would be claimed before this one, counted to `limit`. */
export function ahead(db: Database, id: string, limit: number): number {
  const job = findRow(db, id);
  if (!job) return 0;
  let count = 0;
  for (const { queue, paused } of lanes(db, null)) {
    if (paused) continue;
    count += countUpTo(db, SOONER, [queue, job.priority, limit - count]);
    count += countUpTo(db, OLDER, [queue, job.priority, job.seq, limit - count]);
  }
  return count;
}

function countUpTo(db: Database, sql: string, values: Value[]): number {
  return db.get<{ n: number }>(sql, ...values)!.n;
}
