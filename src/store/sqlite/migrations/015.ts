/**
 * @module
 * What dead jobs died of, by which they are grouped; NULL until it is found out. See `dead.ts`.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `ALTER TABLE jobs ADD COLUMN died_of TEXT;

   CREATE INDEX by_death ON jobs (queue, died_of, finished_at) WHERE state = 'dead' AND died_of IS NOT NULL;

   CREATE INDEX unnamed ON jobs (seq) WHERE state = 'dead' AND died_of IS NULL;`,
};
