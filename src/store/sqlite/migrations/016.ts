/**
 * @module
 * What running attempts were seen to take of their host: memory in bytes, now and at the most, and CPU time in ms. NULL as
 * long as nobody has looked.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `ALTER TABLE said ADD COLUMN memory INTEGER;

   ALTER TABLE said ADD COLUMN peak_memory INTEGER;

   ALTER TABLE said ADD COLUMN cpu_ms INTEGER;`,
};
