/**
 * @module
 * The words of `job.ts` as SQL, so that no statement spells out which states may move where.
 */
import { type State, statesBefore } from "../../domain/job.ts";

/** Words as an SQL list: `('a', 'b')`. For fixed words only, never for what users wrote. */
export function sqlList(words: readonly string[]): string {
  return `(${words.map((word) => `'${word}'`).join(", ")})`;
}

/**
 * A number of rows that is bound: `LIMIT ${GIVEN}`. With a bare `?`, SQLite compiles the statement anew each time, to
 * plan for that number, which takes longer than most statements.
 */
export const GIVEN = "? + 0";

/** Numbers or texts that are bound as one JSON array: `seq IN ${THESE}`. */
export const THESE = "(SELECT value FROM json_each(?))";

/** The guard of every statement that moves a job to `to`: it is in a state from which the table allows that. */
export function mayBecome(to: State): string {
  return `state IN ${sqlList(statesBefore(to))}`;
}
