/**
 * @module
 * Removing jobs that ended longer ago than they are kept, the oldest first. Those that their queue keeps for longer are
 * stepped over, some at a time; and while it is looked, others write.
 */
import type { Kept, Pruned, PruneStep } from "../contract.ts";
import type { Database, Value } from "./engine/database.ts";
import { byHandfuls } from "./engine/turns.ts";
import { pruneGroups } from "./groups.ts";
import { shrink } from "./shrinking.ts";

/** Besides its flush, removing takes no longer than this at a time: supervisors do it, too. */
const PRUNE_MS = 5;
/** Jobs that are yet to come may need what has ended: how, they have to see. */
const ARE_TO_COME = "SELECT 1 FROM batches LIMIT 1";
/** Jobs that are looked at in one step, those that are stepped over included: that takes a few ms. */
const LOOK = 2_000;

/** Jobs that ended in one way, in the order of their index. */
interface Ended {
  index: string;
  states: string;
  /** What their queue says of them. */
  own: "retention_ms" | "retention_dead_ms";
  /** What holds where it does not. */
  all: "endedMs" | "deadMs";
}

/** One after the other. */
const PARTS: readonly Ended[] = [
  {
    index: "prunable",
    states: "(state = 'completed' OR state = 'cancelled' OR state = 'skipped')", // as its index says it
    own: "retention_ms",
    all: "endedMs",
  },
  { index: "prunable_dead", states: "state = 'dead'", own: "retention_dead_ms", all: "deadMs" },
];

/** Where an ended job stands among those of its part. */
interface Place {
  finished_at: number;
  queue: string;
  seq: number;
}

/** Before all jobs. */
const START: Place = { finished_at: -1, queue: "", seq: 0 };

/** Removes some of them. */
export async function prune(db: Database, kept: Kept, { now, limit, after }: PruneStep): Promise<Pruned> {
  const from = after === undefined ? { part: 0, place: START } : placeIn(after);
  const part = PARTS[from.part]!;
  const { due, last } = await db.read((db) => look(db, { part, kept }, { now, limit, from: from.place }));
  const next = last
    ? cursorAt(from.part, last)
    : from.part + 1 < PARTS.length
    ? cursorAt(from.part + 1, START)
    : null;
  if (next === null && kept.endedMs !== null) await pruneGroups(db, now - kept.endedMs);
  if (due.length === 0) return { pruned: 0, after: next };
  const remove = `
    DELETE FROM jobs NOT INDEXED WHERE seq IN (SELECT value ->> 0 FROM json_each(?)) AND ${part.states}
      AND (seq, finished_at) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))
      AND (needed = 0 OR NOT EXISTS (${ARE_TO_COME}))`;
  return await db.write((db) => {
    let pruned = 0;
    const done = byHandfuls(due, 0, (some) => {
      const those = JSON.stringify(some.map((job) => [job.seq, job.finished_at]));
      pruned += db.run(remove, those, those);
    }, { limitMs: PRUNE_MS, least: 1 });
    if (pruned > 0) shrink(db);
    return { pruned, after: done === due.length ? next : cursorAt(from.part, due[done - 1]!) };
  });
}

/** Jobs of a part that may go, and the last job that was looked at; null when none comes after it. */
function look(
  db: Database,
  { part: { index, states, own, all }, kept }: { part: Ended; kept: Kept },
  { now, limit, from }: { now: number; limit: number; from: Place },
): { due: Place[]; last: Place | null } {
  const shortest = kept.ofQueues
    ? db.get<{ ms: number | null }>(`SELECT min(${own}) AS ms FROM queues WHERE ${own} > 0`)!.ms
    : null;
  const ms = [kept[all], shortest].filter((ms) => ms !== null);
  if (ms.length === 0) return { due: [], last: null };
  const old = `
    SELECT finished_at, queue, seq FROM jobs INDEXED BY ${index}
    WHERE ${states} AND (finished_at, queue, seq) > (?, ?, ?) AND finished_at < ?${
    db.get(ARE_TO_COME) ? " AND needed = 0" : ""
  } ORDER BY finished_at, queue, seq`;
  const values: Value[] = [from.finished_at, from.queue, from.seq, now - Math.min(...ms)];
  const due = db.all<Place>(
    `SELECT finished_at, queue, seq FROM (${old} LIMIT ${LOOK}) LEFT JOIN queues ON name = queue
     WHERE finished_at < ? - CASE WHEN ? AND ${own} IS NOT NULL THEN nullif(${own}, 0) ELSE ? END
     ORDER BY finished_at, queue, seq LIMIT ?`,
    ...[...values, now, kept.ofQueues ? 1 : 0, kept[all], limit],
  );
  if (due.length === limit) return { due, last: due.at(-1)! };
  return { due, last: db.get<Place>(`${old} LIMIT 1 OFFSET ${LOOK - 1}`, ...values) ?? null };
}

function cursorAt(part: number, { finished_at, queue, seq }: Place): string {
  return JSON.stringify([part, finished_at, queue, seq]);
}

function placeIn(cursor: string): { part: number; place: Place } {
  const [part, finished_at, queue, seq] = JSON.parse(cursor) as [number, number, string, number];
  return { part, place: { finished_at, queue, seq } };
}
