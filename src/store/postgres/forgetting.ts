/**
 * @module
 * Forgetting what is old, after exchanges, and a little at a time: figures by minute and by hour, those of single queues
 * soon, since there may be very many; requests; sub-lanes that have been idle for long; and queues that have been empty for
 * long. Figures of all time stay.
 */
import { rememberedSince } from "../rules/new_jobs.ts";
import { oldFigures } from "../rules/retention.ts";
import { forgetEmptied } from "./emptied.ts";
import type { Database } from "./engine/database.ts";
import { addUpTallies } from "./figures.ts";

/** Rows removed in one transaction. */
const MOST_FORGOTTEN = 1000;

const FORGET_OVERALL = "DELETE FROM queuectl.figures WHERE queue = '' AND span = $1 AND start < $2";
const FORGET_OF_QUEUES = `
  DELETE FROM queuectl.figures WHERE (span, start, queue) IN (
    SELECT span, start, queue FROM queuectl.figures WHERE span = $1 AND start < $2 AND queue <> ''
    ORDER BY start LIMIT ${MOST_FORGOTTEN})`;
const FORGET_REQUESTS = `
  DELETE FROM queuectl.requests WHERE key IN (
    SELECT key FROM queuectl.requests WHERE made_at < $1 LIMIT ${MOST_FORGOTTEN})`;

/** So many sub-lanes without jobs are kept: they know when their label was served. */
const MOST_IDLE = 10_000;
/** Whoever claims what stands apart has this lock. */
const TRY_SUBLANES =
  "SELECT pg_try_advisory_xact_lock(1363366988, 'queuectl.sublanes'::regclass::oid::integer) AS ours";
const FORGET_SUBLANES = `
  DELETE FROM queuectl.sublanes WHERE id IN (
    SELECT s.id FROM queuectl.sublanes s WHERE s.priority IS NULL
      AND NOT EXISTS (SELECT 1 FROM queuectl.ready r WHERE r.queue = '*' || s.id)
    ORDER BY s.served DESC, s.id DESC OFFSET ${MOST_IDLE} LIMIT ${MOST_FORGOTTEN})`;

/** Forgets what is old. Returns whether there may be more. */
export async function forgetOld(db: Database, now: number): Promise<boolean> {
  let more = await addUpTallies(db);
  if (await forgetEmptied(db, now)) more = true;
  await db.transaction(async (tx) => {
    const [lock] = await tx.all<{ ours: boolean }>(TRY_SUBLANES);
    if (lock!.ours) await tx.all(FORGET_SUBLANES);
  });
  const old = oldFigures(now);
  const results = await db.write([
    ...old.map(({ span, overallBefore }) => ({ sql: FORGET_OVERALL, values: [span, overallBefore] })),
    { sql: FORGET_REQUESTS, values: [rememberedSince({ now })] },
    ...old.map(({ span, ofQueuesBefore }) => ({ sql: FORGET_OF_QUEUES, values: [span, ofQueuesBefore] })),
  ]);
  return more || results.slice(old.length).some(({ count }) => count === MOST_FORGOTTEN);
}
