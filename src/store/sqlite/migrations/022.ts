/**
 * @module
 * What jobs take of gates is counted once for all that one transaction claims or settles, by whoever does it: a trigger
 * cost each job as much as a quarter of its claim. And as one that inserts a row with a number of its own has every
 * statement look up the last number, it updates.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `DROP TRIGGER gates_passed;

   -- A claim, which counts an attempt, and a settlement that takes the job out of its lane see to gates themselves.
   CREATE TRIGGER gates_passed AFTER UPDATE OF state, lane ON jobs
   WHEN (NEW.lane > 0 OR OLD.lane > 0) AND (
     OLD.state = 'processing' AND (NEW.state = 'processing' OR NEW.lane <> -1)
     OR NEW.state = 'processing' AND NEW.last_attempt = OLD.last_attempt) BEGIN
     UPDATE gates SET
       used = used - (SELECT units FROM sublane_gates WHERE lane = OLD.lane AND gate = gates.id), ready = waiting
       WHERE OLD.lane > 0 AND OLD.state = 'processing' AND (NEW.state <> 'processing' OR OLD.lane <> NEW.lane)
         AND id IN (SELECT gate FROM sublane_gates WHERE lane = OLD.lane);
     UPDATE gates SET used = used + (SELECT units FROM sublane_gates WHERE lane = NEW.lane AND gate = gates.id)
       WHERE NEW.lane > 0 AND NEW.state = 'processing' AND (OLD.state <> 'processing' OR OLD.lane <> NEW.lane)
         AND id IN (SELECT gate FROM sublane_gates WHERE lane = NEW.lane);
   END;`,
};
