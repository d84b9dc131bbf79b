/**
 * @module
 * What jobs take of gates is counted once for all that one transaction claims or settles, by whoever does it: a trigger
 * cost each job as much as a quarter of its claim.
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
     INSERT INTO gates (id, kind, name, label, rate_smooth, used)
       SELECT gate, 'limit', '', '', 0, units FROM sublane_gates
       WHERE OLD.lane > 0 AND OLD.state = 'processing' AND (NEW.state <> 'processing' OR OLD.lane <> NEW.lane)
         AND lane = OLD.lane
       ON CONFLICT (id) DO UPDATE SET used = used - excluded.used, ready = waiting;
     INSERT INTO gates (id, kind, name, label, rate_smooth, used)
       SELECT gate, 'limit', '', '', 0, units FROM sublane_gates
       WHERE NEW.lane > 0 AND NEW.state = 'processing' AND (OLD.state <> 'processing' OR OLD.lane <> NEW.lane)
         AND lane = NEW.lane
       ON CONFLICT (id) DO UPDATE SET used = used + excluded.used;
   END;`,
};
