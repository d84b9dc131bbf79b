/**
 * @module
 * Running attempts may stand still.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql:
    `ALTER TABLE jobs ADD COLUMN paused_at INTEGER;      -- since when its running attempt is to stand still
   ALTER TABLE attempts ADD COLUMN paused_ms INTEGER NOT NULL DEFAULT 0;  -- in pauses that are over
   ALTER TABLE attempts ADD COLUMN unstopped INTEGER;  -- processes that could not be stopped, once the others stand still`,
};
