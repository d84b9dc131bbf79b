/**
 * @module
 * How many jobs are in which queue and state, as the schema's triggers keep it. Everything that must cost the
 * same at ten million jobs as at ten asks here first.
 */
import type { State } from "../../domain/job.ts";
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
