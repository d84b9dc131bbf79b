/**
 * @module
 * What waits for a worker that wants to know whether to stay: how many jobs, and when the first of them is due.
 */
import type { Waiting, WaitingFilter } from "../contract.ts";
import { earliestDue } from "./due.ts";
import type { Database } from "./engine/database.ts";

/** Of very many jobs of other queues that are due before, so many are looked at. */
const MOST_LOOKED_AT = 1000;

const NOT_PAUSED = "queue NOT IN (SELECT name FROM queues WHERE paused = 1)";
const WANTED = "(? IS NULL OR queue IN (SELECT value FROM json_each(?)))";
const IN_STATES = "state IN (SELECT value FROM json_each(?))";

const COUNT =
  `SELECT ifnull(sum(n - held), 0) AS n FROM counts WHERE ${IN_STATES} AND ${NOT_PAUSED} AND ${WANTED}`;
const FIRST_DUE = `
  SELECT min(run_at) AS at FROM (
    SELECT queue, state, run_at FROM jobs
    WHERE state IN ('scheduled', 'failed') AND held = 0 ORDER BY run_at LIMIT ${MOST_LOOKED_AT})
  WHERE ${IN_STATES} AND ${NOT_PAUSED} AND ${WANTED}`;

/** Jobs that wait and are not held, of queues that are not paused. */
export function waiting(db: Database, { queues, states, now }: WaitingFilter): Waiting {
  const wanted = queues && JSON.stringify(queues);
  const count = (states: readonly string[]) =>
    db.get<{ n: number }>(COUNT, JSON.stringify(states), wanted, wanted)!.n;
  const any = earliestDue(db);
  const isDue = any !== null && any <= now;
  const first = () => db.get<{ at: number | null }>(FIRST_DUE, JSON.stringify(states), wanted, wanted)!.at;
  return { pending: count(["pending"]), later: count(states), nextDueAt: isDue ? any : first() };
}
