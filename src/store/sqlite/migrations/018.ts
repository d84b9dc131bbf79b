/**
 * @module
 * What jobs in sub-lanes cost, and aging; and schedules can be counted without being read.
 *
 * For a list of more than two values (`IN`, `NOT IN`) and for `UPDATE … FROM`, SQLite opens a table of its own each time,
 * which takes longer than all the rest of a small statement. So the indexes of jobs in lanes do without such lists, and
 * what is used of gates is written by upserts, of rows that are always there.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `ALTER TABLE queues ADD COLUMN aging_ms INTEGER CONSTRAINT queues_aging_ms CHECK (aging_ms > 0);

   CREATE INDEX aging ON queues (name) WHERE aging_ms IS NOT NULL;

   CREATE INDEX schedules_idle ON schedules (paused, next_at) WHERE next_at IS NULL;

   DROP INDEX in_lane;

   CREATE INDEX in_lane ON jobs (lane, held, priority, seq) WHERE state = 'pending' AND lane <> 0;

   UPDATE jobs SET lane = -1 WHERE lane > 0 AND state NOT IN ('pending', 'processing');

   DROP TRIGGER sublane_follows;

   CREATE TRIGGER gates_used AFTER UPDATE OF state, lane ON jobs
   WHEN NEW.lane > 0 AND NEW.state = 'processing' AND (OLD.state <> 'processing' OR OLD.lane <> NEW.lane) BEGIN
     INSERT INTO gates (id, kind, name, label, rate_smooth, used)
       SELECT gate, 'limit', '', '', 0, units FROM sublane_gates WHERE lane = NEW.lane
       ON CONFLICT (id) DO UPDATE SET used = used + excluded.used;
   END;

   CREATE TRIGGER gates_left AFTER UPDATE OF state, lane ON jobs
   WHEN OLD.lane > 0 AND OLD.state = 'processing' AND (NEW.state <> 'processing' OR OLD.lane <> NEW.lane) BEGIN
     INSERT INTO gates (id, kind, name, label, rate_smooth, used)
       SELECT gate, 'limit', '', '', 0, units FROM sublane_gates WHERE lane = OLD.lane
       ON CONFLICT (id) DO UPDATE SET used = used - excluded.used, ready = waiting;
   END;

   CREATE TRIGGER sublane_gets_job AFTER UPDATE OF queue, state, held, priority, lane ON jobs
   WHEN NEW.lane > 0 AND NEW.state = 'pending' AND NEW.held = 0 AND EXISTS (
     SELECT 1 FROM sublanes WHERE id = NEW.lane AND (priority IS NULL OR (NEW.priority, NEW.seq) < (priority, seq))) BEGIN
     UPDATE gates SET ready = waiting WHERE id = (SELECT parked FROM sublanes WHERE id = NEW.lane);
     UPDATE sublanes SET priority = NEW.priority, seq = NEW.seq WHERE id = NEW.lane;
     INSERT INTO lanes (queue, priority, seq)
       SELECT queue, NEW.priority, NEW.seq FROM sublanes WHERE id = NEW.lane AND parked = -1
       ON CONFLICT DO UPDATE SET priority = excluded.priority, seq = excluded.seq
       WHERE (excluded.priority, excluded.seq) < (priority, seq);
   END;

   -- it goes by what holds when it could be claimed again; a settlement says so itself, which is cheaper
   CREATE TRIGGER sublane_left AFTER UPDATE OF state ON jobs
   WHEN NEW.lane > 0 AND NEW.state <> 'pending' AND NEW.state <> 'processing' BEGIN
     UPDATE jobs SET lane = -1 WHERE seq = NEW.seq;
   END;`,
};
