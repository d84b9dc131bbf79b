/**
 * @module
 * What dead jobs died of, by which they are grouped; NULL until it is found out. See `dead.ts`. A program that does not know
 * this leaves it as it is, and what it settles or runs again is named by others.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 6,
  sql: `
ALTER TABLE queuectl.jobs ADD COLUMN died_of text COLLATE "C";

CREATE INDEX jobs_by_death ON queuectl.jobs (queue, died_of, finished_at)
  WHERE state = 'dead' AND died_of IS NOT NULL;
CREATE INDEX jobs_unnamed ON queuectl.jobs (seq) WHERE state = 'dead' AND died_of IS NULL;
`,
};
