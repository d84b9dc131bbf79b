/**
 * @module
 * Queues without jobs: forgotten with their figures when they have had neither jobs nor switches for a day. Whoever
 * brings a job to a queue takes its note away; so one that is noted has been empty ever since.
 */
import { checkDeletable } from "../rules/refusals.ts";
import { emptySince } from "../rules/retention.ts";
import type { Database, Transaction } from "./engine/database.ts";
import { addUp } from "./figures.ts";
import { rateChanged } from "./limits.ts";

/** Every name that anything is known of. */
export const KNOWN = "SELECT queue AS known FROM queuectl.counts UNION SELECT name FROM queuectl.queues";

/** Something is set that would be missed. */
const SWITCHED = `(q.paused OR queuectl.has_rules_13(q)
  OR coalesce(q.concurrency, q.retention_ms, q.retention_dead_ms, q.aging_ms) IS NOT NULL)`;
const HAS_SWITCHES = `EXISTS (SELECT 1 FROM queuectl.queues q WHERE q.name = known AND ${SWITCHED})`;
const EMPTY = `
  SELECT known FROM (${KNOWN}) k LEFT JOIN queuectl.counts c ON c.queue = known
  GROUP BY known HAVING coalesce(sum(c.n), 0) = 0 AND NOT ${HAS_SWITCHES}`;
/** One of which nothing is known any more is noted for the sake of its figures. */
const NOTE = `
  INSERT INTO queuectl.emptied (queue, since) SELECT known, $1::bigint FROM (${EMPTY}) e
  ON CONFLICT (queue) DO NOTHING`;
const UNNOTE = `DELETE FROM queuectl.emptied WHERE EXISTS (
  SELECT 1 FROM queuectl.queues q WHERE q.name = queue AND ${SWITCHED})`;
/** Queues forgotten in one transaction; each may have a few hundred rows of figures. */
const MOST_FORGOTTEN = 100;
const OLD = `SELECT queue FROM queuectl.emptied WHERE since <= $1 ORDER BY queue LIMIT ${MOST_FORGOTTEN}`;

/** Forgets queues that have been empty for long. Returns whether there may be more to do. */
export async function forgetEmptied(db: Database, now: number): Promise<boolean> {
  await db.write([{ sql: UNNOTE }, { sql: NOTE, values: [now] }]);
  const old = await db.read<{ queue: string }>(OLD, emptySince(now));
  for (const { queue } of old) {
    await db.transaction(async (tx) => {
      const counts = await lockCounts(tx, queue);
      if (jobsIn(counts) === 0) await forget(tx, queue, counts);
      else await tx.all("DELETE FROM queuectl.emptied WHERE queue = $1", queue);
    });
  }
  return old.length === MOST_FORGOTTEN;
}

/** Whoever brings a job to the queue changes one of these rows, or adds one, which is not among those. */
const LOCK =
  "SELECT state, stripe, n FROM queuectl.counts WHERE queue = $1 ORDER BY state, stripe FOR UPDATE";
const UNCOUNT = `
  DELETE FROM queuectl.counts WHERE queue = $1
    AND (state, stripe) IN (SELECT * FROM unnest($2::text[], $3::smallint[]))`;

interface CountRow {
  state: string;
  stripe: number;
  n: number;
}

/** The counts of a queue. As long as the transaction goes on, nobody changes them. */
function lockCounts(tx: Transaction, queue: string): Promise<CountRow[]> {
  return tx.all<CountRow>(LOCK, queue);
}

function jobsIn(counts: readonly CountRow[]): number {
  return counts.reduce((sum, { n }) => sum + n, 0);
}

/** Only counts that were locked are removed, since one that has come since counts a job. */
async function forget(tx: Transaction, queue: string, counts: readonly CountRow[]): Promise<void> {
  await addUp(tx, queue); // what was counted of all queues together stays
  await tx.several([
    { sql: UNCOUNT, values: [queue, counts.map(({ state }) => state), counts.map(({ stripe }) => stripe)] },
    { sql: "DELETE FROM queuectl.figures WHERE queue = $1", values: [queue] },
    { sql: "DELETE FROM queuectl.emptied WHERE queue = $1", values: [queue] },
    { sql: "DELETE FROM queuectl.queues WHERE name = $1", values: [queue] },
    // of one without jobs, so what stands there is laid again
    { sql: "UPDATE queuectl.sublanes SET stale = true WHERE queue = $1 AND rule <> ''", values: [queue] },
    ...rateChanged({ kind: "queue", name: queue }, null),
  ]);
}

const IS_KNOWN = `SELECT 1 FROM (${KNOWN}) k WHERE known = $1 LIMIT 1`;

/** Removes a queue, its switches and its figures. */
export async function deleteQueue(db: Database, name: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [known] = await tx.all(IS_KNOWN, name);
    const counts = await lockCounts(tx, name);
    checkDeletable(name, known ? jobsIn(counts) : undefined);
    await forget(tx, name, counts);
  });
}
