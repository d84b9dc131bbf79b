/**
 * @module
 * What running attempts were seen to take of their host: memory in bytes, now and at the most, and CPU time in ms. NULL as
 * long as nobody has looked.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 6,
  sql: `
ALTER TABLE queuectl.said ADD COLUMN memory bigint, ADD COLUMN peak_memory bigint, ADD COLUMN cpu_ms bigint;
`,
};
