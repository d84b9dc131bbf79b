/**
 * @module
 * What attempts took of CPU time, in ms; NULL where nobody knows.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `ALTER TABLE attempts ADD COLUMN cpu_ms INTEGER;

   ALTER TABLE figures ADD COLUMN cpu_ms INTEGER NOT NULL DEFAULT 0;

   ALTER TABLE overall_figures ADD COLUMN cpu_ms INTEGER NOT NULL DEFAULT 0;`,
};
