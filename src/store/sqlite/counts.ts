/**
 * @module
 * How many jobs are in which queue and state, as the schema's triggers keep it. Everything that must cost the
 * same at ten million jobs as at ten asks here first.
 */
import { type State, STATES } from "../../job.ts";
import type { Database } from "./database.ts";

/** The queues that have jobs in a state. */
export function queuesWith(db: Database, state: State): string[] {
  return db.all<{ queue: string }>("SELECT queue FROM counts WHERE state = ? AND n > 0", state)
    .map(({ queue }) => queue);
}

/** Counts of a queue with no jobs. */
export function noCounts(): Record<State, number> {
  return Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
}
