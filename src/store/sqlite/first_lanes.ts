/**
 * @module
 * The queues that the first of all ready jobs are in, as their lanes tell (see `lanes.ts`): no ready job comes before the
 * place of its queue's lane, whether that is open or closed.
 */
import { comparePlaces, type Place } from "../rules/jobs.ts";
import type { Database } from "./engine/database.ts";

const FIRST_LANES = "SELECT queue FROM lanes WHERE closed = ? ORDER BY priority, seq LIMIT ?";
const LANES_UP_TO = `
  SELECT queue FROM lanes WHERE closed = ? AND (priority, seq) <= (?, ?) ORDER BY priority, seq LIMIT ?`;
const FIRST_JOBS = `
  SELECT priority, seq FROM jobs WHERE queue = ? AND state = 'pending' AND lane = 0 AND held = 0
  ORDER BY priority, seq LIMIT ?`;

/**
 * The queues that can have some of the first `count` ready jobs; undefined where there are fewer jobs, or more than `most`
 * queues.
 */
export function queuesOfFirst(
  db: Database,
  { count, most }: { count: number; most: number },
): string[] | undefined {
  const queuesBy = (sql: string, ...values: number[]) =>
    [0, 1].flatMap((closed) => db.all<{ queue: string }>(sql, closed, ...values)).map(({ queue }) => queue);
  const last = queuesBy(FIRST_LANES, count).flatMap((queue) => db.all<Place>(FIRST_JOBS, queue, count))
    .sort(comparePlaces)[count - 1];
  if (!last) return undefined;
  // no later than there is the last of the first
  const queues = queuesBy(LANES_UP_TO, last.priority, last.seq, most + 1);
  return queues.length > most ? undefined : queues;
}
