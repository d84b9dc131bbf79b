/**
 * @module
 * What a job reads on its stdin stands in a table of its own, so that jobs without one cost nothing.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `ALTER TABLE jobs ADD COLUMN stdin_size INTEGER;  -- bytes in inputs; null is none

   CREATE TABLE inputs (
     job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
     bytes BLOB NOT NULL
   ) STRICT;`,
};
