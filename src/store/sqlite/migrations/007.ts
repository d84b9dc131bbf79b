/**
 * @module
 * Running attempts may stand still, and it is known when they printed what. Jobs may have a limit of output of their own.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql:
    `ALTER TABLE jobs ADD COLUMN paused_at INTEGER;      -- since when its running attempt is to stand still
   ALTER TABLE attempts ADD COLUMN paused_ms INTEGER NOT NULL DEFAULT 0;  -- in pauses that are over
   ALTER TABLE attempts ADD COLUMN unstopped INTEGER;  -- processes that could not be stopped, once the others stand still

   ALTER TABLE jobs ADD COLUMN max_output INTEGER;     -- null is what the setting says

   ALTER TABLE output ADD COLUMN seen_at INTEGER;      -- null where that is not known`,
};
