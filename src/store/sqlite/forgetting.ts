/**
 * @module
 * Forgetting what is old, as part of exchanges, and a little at a time: figures by minute and by hour, those of single
 * queues soon, since there may be very many; and queues that have been empty for long. Figures of all time stay.
 */
import { Forgetting, oldFigures } from "../rules/retention.ts";
import { forgetEmptied } from "./emptied.ts";
import type { Database } from "./engine/database.ts";
import { forgetSublanes } from "./sublanes.ts";

/** Rows removed in one transaction, so that very many do not hold up everybody else. */
const MOST_FORGOTTEN = 1000;

const FORGET = "DELETE FROM overall_figures WHERE span = ? AND start < ?";
const FORGET_OF_QUEUES = `
  DELETE FROM figures WHERE (span, start, queue) IN (
    SELECT span, start, queue FROM figures WHERE span = ? AND start < ? ORDER BY start LIMIT ${MOST_FORGOTTEN})`;

/** What each connection remembers. */
const FORGETTING = new WeakMap<Database, Forgetting>();

/** Forgets what is old, if it is time to. */
export function forgetOld(db: Database, now: number): void {
  let forgetting = FORGETTING.get(db);
  if (!forgetting) FORGETTING.set(db, forgetting = new Forgetting());
  if (!forgetting.isDue(now)) return;
  let more = forgetEmptied(db, now);
  forgetSublanes(db, now);
  for (const { span, overallBefore, ofQueuesBefore } of oldFigures(now)) {
    db.run(FORGET, span, overallBefore);
    if (db.run(FORGET_OF_QUEUES, span, ofQueuesBefore) === MOST_FORGOTTEN) more = true;
  }
  forgetting.looked(now, more);
}
