/**
 * @module
 * Aging; see `aging.ts`. NULL is none. And schedules can be counted without being read.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 13,
  sql: `
ALTER TABLE queuectl.queues ADD COLUMN aging_ms bigint CONSTRAINT queues_aging_ms CHECK (aging_ms > 0);

CREATE INDEX schedules_idle ON queuectl.schedules (paused, next_at) WHERE next_at IS NULL;

CREATE INDEX queues_aging ON queuectl.queues (name) WHERE aging_ms IS NOT NULL;
`,
};
