/**
 * @module
 * How many jobs are in which queue and state, as the schema's triggers keep it. Everything that must cost the
 * same at ten million jobs as at ten asks here first.
 */
import type { State } from "../../domain/job.ts";
import type { Database } from "./engine/database.ts";
import { sqlList } from "./words.ts";

/** The queues that have jobs in some states, with each of those states. */
export function lanesIn(db: Database, states: readonly State[]): { queue: string; state: State }[] {
  return db.all(`SELECT queue, state FROM counts WHERE state IN ${sqlList(states)} AND n > 0`);
}
