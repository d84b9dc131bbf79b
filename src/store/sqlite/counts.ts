/**
 * @module
 * How many jobs are in which queue and state, as the schema's triggers keep it. Everything that must cost the
 * same at ten million jobs as at ten asks here first.
 */
import { type State, STATES } from "../../domain/job.ts";
import type { JobSelector } from "../contract.ts";
import { ofSection, valuesOf, whereAll } from "./conditions.ts";
import type { Database } from "./engine/database.ts";
import { sqlList } from "./words.ts";

/** The jobs of a queue that are in a state. */
export interface Section {
  queue: string;
  state: State;
}

/** The sections of some states that have jobs. */
export function sectionsIn(db: Database, states: readonly State[]): Section[] {
  return db.all<Section>(`SELECT queue, state FROM counts WHERE state IN ${sqlList(states)} AND n > 0`);
}

/** The sections in which jobs of a selector may be, at most so many. */
export function sectionsOf(db: Database, which: JobSelector, limit = -1): Section[] {
  const where = [...ofSection(which), { sql: "n > 0", values: [] }];
  return db.all<Section>(
    `SELECT queue, state FROM counts ${whereAll(where)} LIMIT ?`,
    ...valuesOf(where),
    limit,
  );
}

const UNCOUNT = `
  UPDATE counts SET n = 0, held = 0
  WHERE (n IS NOT 0 OR held IS NOT 0) AND typeof(queue) = 'text' AND state IN ${sqlList(STATES)}
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.queue = counts.queue AND jobs.state = counts.state)`;
const COUNT_ANEW = `
  INSERT INTO counts (queue, state, n, held)
    SELECT queue, state, count(*), sum(held = 1) FROM jobs
    WHERE typeof(queue) = 'text' AND state IN ${sqlList(STATES)} GROUP BY queue, state
  ON CONFLICT DO UPDATE SET n = excluded.n, held = excluded.held
  WHERE n IS NOT excluded.n OR held IS NOT excluded.held`;

/** Counts all jobs anew. Returns how many counts were wrong or could not be read. */
export function countAnew(db: Database): number {
  return db.run(UNCOUNT) + db.run(COUNT_ANEW);
}
