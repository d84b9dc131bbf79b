/**
 * @module
 * Running attempts may change hands.
 */
import type { Step } from "./step.ts";

/** Released: never changed. */
export const step: Step = {
  sql:
    `ALTER TABLE attempts ADD COLUMN started_by TEXT;    -- the supervisor that started it, once another has taken over
   ALTER TABLE attempts ADD COLUMN adopted_from TEXT;  -- the worker that started it, once another watches it
   ALTER TABLE supervisors ADD COLUMN pid_namespace TEXT NOT NULL DEFAULT '';
   ALTER TABLE workers ADD COLUMN leaving INTEGER NOT NULL DEFAULT 0 CHECK (leaving IN (0, 1));`,
};
