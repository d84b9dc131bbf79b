/**
 * @module
 * Removing jobs that ended longer ago than they are kept, the oldest first. Those that their queue keeps for longer are
 * stepped over, some at a time.
 */
import type { State } from "../../domain/job.ts";
import type { Kept, Pruned, PruneStep } from "../contract.ts";
import { removal } from "./acts.ts";
import { CountChanges } from "./counts.ts";
import type { Database } from "./engine/database.ts";
import { pruneGroups } from "./groups.ts";

/** Jobs that are looked at in one step, those that are stepped over included. */
const LOOK = 2_000;
/** And removed: nobody who ends or enqueues a job of their queues waits for long. */
const MOST_REMOVED = 200;

/** Jobs that ended in one way. Their states are literal text, for only then does the partial index apply. */
interface Ended {
  states: string;
  /** What their queue says of them. */
  own: "retention_ms" | "retention_dead_ms";
  /** What holds where it does not. */
  all: "endedMs" | "deadMs";
}

/** One after the other. */
const PARTS: readonly Ended[] = [
  { states: "j.state IN ('completed', 'cancelled', 'skipped')", own: "retention_ms", all: "endedMs" },
  { states: "j.state = 'dead'", own: "retention_dead_ms", all: "deadMs" },
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
export async function prune(db: Database, kept: Kept, step: PruneStep): Promise<Pruned> {
  const { now, after } = step;
  const limit = Math.min(step.limit, MOST_REMOVED);
  const from = after === undefined ? { part: 0, place: START } : placeIn(after);
  const part = PARTS[from.part]!;
  const { due, last } = await look(db, { part, kept }, { now, limit, from: from.place });
  const next = last
    ? cursorAt(from.part, last)
    : from.part + 1 < PARTS.length
    ? cursorAt(from.part + 1, START)
    : null;
  if (next === null && kept.endedMs !== null) await pruneGroups(db, now - kept.endedMs);
  return { pruned: due.length === 0 ? 0 : await remove(db, part, due), after: next };
}

/** Jobs of a part that may go, and the last job that was looked at; null when none comes after it. */
async function look(
  db: Database,
  { part: { states, own, all }, kept }: { part: Ended; kept: Kept },
  { now, limit, from }: { now: number; limit: number; from: Place },
): Promise<{ due: Place[]; last: Place | null }> {
  const shortest = kept.ofQueues
    ? (await db.get<{ ms: number | null }>(`SELECT min(${own}) AS ms FROM queuectl.queues WHERE ${own} > 0`))!
      .ms
    : null;
  const ms = [kept[all], shortest].filter((ms) => ms !== null);
  if (ms.length === 0) return { due: [], last: null };
  const sql = `
    SELECT o.finished_at, o.queue, o.seq, coalesce(o.finished_at <
      $5::bigint - CASE WHEN $6::boolean AND q.${own} IS NOT NULL THEN nullif(q.${own}, 0) ELSE $7::bigint END, false) AS due
    FROM (
      SELECT j.finished_at, j.queue, j.seq FROM queuectl.jobs j
      WHERE ${states} AND (j.finished_at, j.queue, j.seq) > ($1::bigint, $2::text, $3::bigint) AND j.finished_at < $4::bigint
      ORDER BY j.finished_at, j.queue, j.seq LIMIT ${LOOK}) o
    LEFT JOIN queuectl.queues q ON q.name = o.queue ORDER BY o.finished_at, o.queue, o.seq`;
  const rows = await db.read<Place & { due: boolean }>(
    sql,
    ...[from.finished_at, from.queue, from.seq, now - Math.min(...ms), now, kept.ofQueues, kept[all]],
  );
  const due = rows.filter(({ due }) => due).slice(0, limit);
  if (due.length === limit) return { due, last: due.at(-1)! };
  return { due, last: rows.length === LOOK ? rows.at(-1)! : null };
}

async function remove(db: Database, { states }: Ended, due: readonly Place[]): Promise<number> {
  const lock = `
    SELECT j.seq, j.queue, j.state, j.held FROM queuectl.jobs j
    JOIN unnest($1::bigint[], $2::bigint[]) AS d (seq, finished_at) ON d.seq = j.seq AND d.finished_at = j.finished_at
    WHERE ${states} ORDER BY j.seq FOR UPDATE OF j SKIP LOCKED`;
  return await db.transaction(async (tx) => {
    const old = await tx.all<{ seq: number; queue: string; state: State; held: boolean }>(
      lock,
      due.map(({ seq }) => seq),
      due.map(({ finished_at }) => finished_at),
    );
    const changes = new CountChanges();
    for (const job of old) changes.add(job, -1);
    await tx.commit([...removal(old.map(({ seq }) => seq)), ...changes.statements()]);
    return old.length;
  });
}

function cursorAt(part: number, { finished_at, queue, seq }: Place): string {
  return JSON.stringify([part, finished_at, queue, seq]);
}

function placeIn(cursor: string): { part: number; place: Place } {
  const [part, finished_at, queue, seq] = JSON.parse(cursor) as [number, number, string, number];
  return { part, place: { finished_at, queue, seq } };
}
