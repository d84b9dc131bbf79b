/**
 * @module
 * What waits for a worker that wants to know whether to stay: how many jobs, and when the first of them is due.
 */
import type { Waiting, WaitingFilter } from "../contract.ts";
import type { Database } from "./engine/database.ts";

/** Of very many jobs of other queues that are due before, so many are looked at. */
const MOST_LOOKED_AT = 1000;

const WANTED = `NOT EXISTS (SELECT 1 FROM queuectl.queues q WHERE q.name = c.queue AND q.paused)
  AND ($1::text[] IS NULL OR c.queue = ANY ($1::text[]))`;
const LATER = "c.state = ANY ($2::text[])";
const DUE = "state IN ('scheduled', 'failed') AND NOT held";
/** One statement, so as of one moment. */
const LOOK = `
  SELECT
    (SELECT coalesce(sum(c.n - c.held), 0)::bigint FROM queuectl.counts c WHERE c.state = 'pending' AND ${WANTED}) AS pending,
    (SELECT coalesce(sum(c.n - c.held), 0)::bigint FROM queuectl.counts c WHERE ${LATER} AND ${WANTED}) AS later,
    (SELECT min(run_at) FROM queuectl.jobs WHERE ${DUE}) AS earliest,
    (SELECT min(c.run_at) FROM (
      SELECT queue, state, run_at FROM queuectl.jobs WHERE ${DUE} ORDER BY run_at LIMIT ${MOST_LOOKED_AT}) c
     WHERE ${LATER} AND ${WANTED}) AS first`;

/** Jobs that wait and are not held, of queues that are not paused. */
export async function waiting(db: Database, { queues, states, now }: WaitingFilter): Promise<Waiting> {
  const { pending, later, earliest, first } = (await db.get<{
    pending: number;
    later: number;
    earliest: number | null;
    first: number | null;
  }>(LOOK, queues, states))!;
  return { pending, later, nextDueAt: earliest !== null && earliest <= now ? earliest : first };
}
