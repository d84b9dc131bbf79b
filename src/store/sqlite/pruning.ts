/**
 * @module
 * Removing jobs that ended longer ago than they are kept, queue by queue: what a queue has that is to be kept is never
 * gone through. It is looked for without keeping anybody from writing.
 */
import type { Kept, Pruned, PruneStep } from "../contract.ts";
import { keptSince } from "../rules/retention.ts";
import type { Database } from "./engine/database.ts";
import { turn } from "./engine/turns.ts";
import { shrink } from "./shrinking.ts";

/** Besides its flush, removing takes no longer than this at a time, and so does looking: supervisors do it, too. */
const PRUNE_MS = 5;
/** Queues that are looked at in one step. */
const QUEUES = 500;

/** Ended jobs of a queue, those that are dead or the others. */
interface Old {
  /** The condition that an index knows. */
  states: string;
  queue: string;
  /** In ms since the epoch. */
  before: number;
}

/** What to remove of one queue. */
interface OldOfQueue {
  queue: string;
  old: Old[];
}

/** Removes some of them. */
export async function prune(
  db: Database,
  kept: Kept,
  { now, limit, after = "" }: PruneStep,
): Promise<Pruned> {
  const { due, last } = await db.read((db) => lookForOld(db, kept, { now, after }));
  if (due.length === 0) return { pruned: 0, after: last };
  return await db.write((db) => {
    const hasTime = turn({ limitMs: PRUNE_MS, least: 1 });
    let pruned = 0;
    let done = after;
    for (const { queue, old } of due) {
      for (const { seq } of old.flatMap((one) => oldest(db, one, limit - pruned))) {
        if (!hasTime() || pruned === limit) break;
        pruned += db.run("DELETE FROM jobs WHERE seq = ?", seq);
      }
      if (old.some((one) => oldest(db, one, 1).length > 0)) break;
      done = queue;
    }
    if (pruned > 0) shrink(db);
    return { pruned, after: done === due.at(-1)!.queue ? last : done };
  });
}

const LOOK = `
  SELECT queue, retention_ms, retention_dead_ms
  FROM (SELECT DISTINCT queue FROM counts WHERE queue > ? ORDER BY queue LIMIT ${QUEUES}) LEFT JOIN queues ON name = queue
  ORDER BY queue`;

interface Row {
  queue: string;
  retention_ms: number | null;
  retention_dead_ms: number | null;
}

/** The queues after one that have something old, and the last one that was looked at; null when none comes after it. */
function lookForOld(
  db: Database,
  kept: Kept,
  { now, after }: { now: number; after: string },
): { due: OldOfQueue[]; last: string | null } {
  const due: OldOfQueue[] = [];
  const hasTime = turn({ limitMs: PRUNE_MS, least: 1 });
  const queues = db.all<Row>(LOOK, after);
  for (const [n, { queue, retention_ms, retention_dead_ms }] of queues.entries()) {
    if (!hasTime()) return { due, last: queues[n - 1]!.queue };
    const own = { endedMs: retention_ms, deadMs: retention_dead_ms };
    const { endedBefore, deadBefore } = keptSince(now, kept, own);
    const old = [
      { states: "state IN ('completed', 'cancelled')", queue, before: endedBefore },
      { states: "state = 'dead'", queue, before: deadBefore },
    ].filter((one): one is Old => one.before !== null && oldest(db, one as Old, 1).length > 0);
    if (old.length > 0) due.push({ queue, old });
  }
  return { due, last: queues.length < QUEUES ? null : queues.at(-1)!.queue };
}

function oldest(db: Database, { states, queue, before }: Old, limit: number): { seq: number }[] {
  const sql =
    `SELECT seq FROM jobs WHERE queue = ? AND ${states} AND finished_at < ? ORDER BY finished_at LIMIT ?`;
  return db.all<{ seq: number }>(sql, queue, before, limit);
}
