/**
 * @module
 * Forgetting what is old, as part of exchanges, and a little at a time: figures by minute and by hour, those of single
 * queues soon, since there may be very many; and queues that have been empty for long. Figures of all time stay.
 */
import { forgetEmptied } from "./emptied.ts";
import type { Database } from "./engine/database.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long figures of all queues are kept: minutes for a day and some time to look at it; hours for a year and a month. */
const KEPT_MS = { minute: 25 * HOUR_MS, hour: 400 * DAY_MS };
/** Of single queues: enough for the last hour and the last week. */
const KEPT_OF_QUEUE_MS = { minute: 2 * HOUR_MS, hour: 8 * DAY_MS };
/** Rows removed in one transaction, so that very many do not hold up everybody else. */
const MOST_FORGOTTEN = 1000;

const FORGET = "DELETE FROM overall_figures WHERE span = ? AND start < ?";
const FORGET_OF_QUEUES = `
  DELETE FROM figures WHERE (span, start, queue) IN (
    SELECT span, start, queue FROM figures WHERE span = ? AND start < ? ORDER BY start LIMIT ${MOST_FORGOTTEN})`;

/** Up to when there is nothing to be done: the end of the minute in which a connection has done all of it. */
const DONE_UNTIL = new WeakMap<Database, number>();

/** Forgets what is old, once a minute, or each time while there is more. */
export function forgetOld(db: Database, now: number): void {
  const doneUntil = DONE_UNTIL.get(db) ?? 0;
  if (now < doneUntil && now >= doneUntil - MINUTE_MS) return;
  let more = forgetEmptied(db, now);
  for (const span of ["minute", "hour"] as const) {
    db.run(FORGET, span, now - KEPT_MS[span]);
    if (db.run(FORGET_OF_QUEUES, span, now - KEPT_OF_QUEUE_MS[span]) === MOST_FORGOTTEN) more = true;
  }
  if (more) DONE_UNTIL.delete(db);
  else DONE_UNTIL.set(db, now + MINUTE_MS);
}
