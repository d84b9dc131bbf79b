/**
 * @module
 * Aging, when jobs are claimed: of queues with it, those that have waited so much longer take the priority of the first
 * (`rules/aging.ts`). Only the first jobs of each priority are looked at, and only as many are raised as may be claimed.
 */
import { comesBefore, MOST_PRIORITIES, type Waiting } from "../rules/aging.ts";
import type { Database } from "./engine/database.ts";
import { GIVEN } from "./words.ts";

const AGING = "SELECT name, aging_ms FROM queues WHERE aging_ms IS NOT NULL AND paused = 0 LIMIT 100";

// two ranges of two indexes, as `lane` tells the one from the other
const FIRST = ["lane = 0", "lane <> 0"].map((lane) => `
  SELECT priority, seq, max(created_at, ifnull(run_at, 0)) AS since FROM jobs
  WHERE state = 'pending' AND ${lane} AND queue = ? AND held = 0 AND priority > ? ORDER BY priority, seq LIMIT 1`);
const OF_PRIORITY = ["lane = 0", "lane <> 0"].map((lane) => `
  SELECT priority, seq, max(created_at, ifnull(run_at, 0)) AS since FROM jobs
  WHERE state = 'pending' AND ${lane} AND queue = ? AND held = 0 AND priority = ? ORDER BY seq LIMIT ${GIVEN}`);
const RAISE = "UPDATE jobs SET priority = ? WHERE seq = ?";

/** Raises at most `most` jobs of each queue. */
export function raiseAged(db: Database, most: number): void {
  for (const { name, aging_ms: agingMs } of db.all<{ name: string; aging_ms: number }>(AGING)) {
    raiseIn(db, name, { agingMs, most });
  }
}

function raiseIn(db: Database, queue: string, { agingMs, most }: { agingMs: number; most: number }): void {
  const priorities = prioritiesOf(db, queue);
  const first = priorities.shift();
  if (!first) return;
  let left = most;
  for (const { priority, since } of priorities) {
    if (left === 0) return;
    if (!comesBefore({ priority, since }, first, agingMs)) continue;
    const jobs = OF_PRIORITY.flatMap((sql) => db.all<Waiting & { seq: number }>(sql, queue, priority, left));
    for (const job of jobs.sort((a, b) => a.seq - b.seq).slice(0, left)) {
      if (!comesBefore(job, first, agingMs)) break;
      db.run(RAISE, first.priority, job.seq);
      left -= 1;
    }
  }
}

/** The first job of each priority, the most urgent first. */
function prioritiesOf(db: Database, queue: string): Waiting[] {
  const found: Waiting[] = [];
  let after = -Infinity;
  while (found.length < MOST_PRIORITIES) {
    const [next] = FIRST.flatMap((sql) => db.all<Waiting & { seq: number }>(sql, queue, after))
      .sort((a, b) => a.priority - b.priority || a.seq - b.seq);
    if (!next) break;
    found.push(next);
    after = next.priority;
  }
  return found;
}
