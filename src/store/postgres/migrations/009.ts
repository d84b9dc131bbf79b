/**
 * @module
 * Jobs with a key, of which one at a time waits or runs; see `keyed.ts`. A program that does not know this enqueues what it
 * does as jobs without a key, and runs all.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 6,
  sql: `
ALTER TABLE queuectl.jobs
  ADD COLUMN unique_key text,
  ADD COLUMN key_lost boolean NOT NULL DEFAULT false;   -- another job has had its key since

CREATE INDEX jobs_keys ON queuectl.jobs (unique_key, seq) WHERE unique_key IS NOT NULL AND NOT key_lost;
CREATE INDEX jobs_by_key ON queuectl.jobs (unique_key, seq) WHERE unique_key IS NOT NULL;
`,
};
