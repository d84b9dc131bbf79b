/**
 * @module
 * What a pending job waits for besides its turn.
 */
import type { Shortage } from "../contract.ts";
import type { Database } from "./engine/database.ts";

/** Of what there is not enough for a job now. */
export function shortages(_db: Database, _id: string, _now: number): Shortage[] {
  return [];
}
