/**
 * @module
 * Jobs that wait for their time: the earliest of them, and making those pending whose time has come. In one transaction
 * only some, so that a million do not hold up everybody else; then the most urgent of all that are due come first.
 */
import type { Database } from "./engine/database.ts";
import { GIVEN, mayBecome } from "./words.ts";

/** Due jobs made pending in one transaction. */
export const MOST_DUE = 500;

/**
 * Priorities that are looked through for due jobs, at most. Should there be more, the rest is taken by time: to find the
 * most urgent due job among very many priorities could take very long.
 */
const MOST_PRIORITIES = 500;

const DUE = "state IN ('scheduled', 'failed') AND held = 0";

/** See `earliestDue`. */
export const EARLIEST_DUE = `SELECT min(run_at) AS at FROM jobs WHERE ${DUE}`;

/** The earliest `run_at` of a job that waits for its time, due or not; null when there is none. */
export function earliestDue(db: Database): number | null {
  return db.get<{ at: number | null }>(EARLIEST_DUE)!.at;
}

const WAKE = `UPDATE jobs SET state = 'pending' WHERE ${mayBecome("pending")}`;
const BY_TIME = `
  ${WAKE} AND seq IN (SELECT seq FROM jobs INDEXED BY due WHERE ${DUE} AND run_at <= ? ORDER BY run_at LIMIT ${GIVEN})`;
const OF_PRIORITY = `
  ${WAKE} AND seq IN (
    SELECT seq FROM jobs INDEXED BY due_by_priority
    WHERE ${DUE} AND priority = ? AND run_at <= ? ORDER BY run_at LIMIT ${GIVEN})`;
const MORE_THAN =
  `SELECT 1 FROM jobs INDEXED BY due WHERE ${DUE} AND run_at <= ? ORDER BY run_at LIMIT 1 OFFSET ?`;
const NEXT_PRIORITY = `
  SELECT priority, run_at FROM jobs INDEXED BY due_by_priority
  WHERE ${DUE} AND priority > ? ORDER BY priority, run_at LIMIT 1`;

/** Makes due jobs pending. Returns how many. */
export function wakeDue(db: Database, now: number): number {
  const first = earliestDue(db);
  if (first === null || first > now) return 0;
  let room = MOST_DUE;
  if (db.get(MORE_THAN, now, MOST_DUE)) {
    let priority = -Infinity;
    for (let looked = 0; looked < MOST_PRIORITIES && room > 0; looked += 1) {
      const next = db.get<{ priority: number; run_at: number }>(NEXT_PRIORITY, priority);
      if (!next) break;
      priority = next.priority;
      if (next.run_at <= now) room -= db.run(OF_PRIORITY, priority, now, room);
    }
  }
  if (room > 0) room -= db.run(BY_TIME, now, room);
  return MOST_DUE - room;
}
