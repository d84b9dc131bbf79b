/**
 * @module
 * Forgetting what is old, after exchanges, and a little at a time: figures by minute and by hour, those of single queues
 * soon, since there may be very many; requests; and queues that have been empty for long. Figures of all time stay.
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

/** Forgets what is old. Returns whether there may be more. */
export async function forgetOld(db: Database, now: number): Promise<boolean> {
  let more = await addUpTallies(db);
  if (await forgetEmptied(db, now)) more = true;
  const old = oldFigures(now);
  const results = await db.write([
    ...old.map(({ span, overallBefore }) => ({ sql: FORGET_OVERALL, values: [span, overallBefore] })),
    { sql: FORGET_REQUESTS, values: [rememberedSince({ now })] },
    ...old.map(({ span, ofQueuesBefore }) => ({ sql: FORGET_OF_QUEUES, values: [span, ofQueuesBefore] })),
  ]);
  return more || results.slice(old.length).some(({ count }) => count === MOST_FORGOTTEN);
}
