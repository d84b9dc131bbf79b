/**
 * @module
 * Moving a job costs less. Each trigger costs every job its call, whether it does anything or not: so one counts, and one
 * does all that few jobs need. And where it is asked whether a job has ended, no list opens a table (see `018.ts`).
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `DROP TRIGGER count_changed;
   DROP TRIGGER lane_gets_room;
   DROP TRIGGER lane_gets_job;
   DROP TRIGGER job_ended;
   DROP TRIGGER group_counts;
   DROP TRIGGER gates_used;
   DROP TRIGGER gates_left;
   DROP TRIGGER sublane_left;

   CREATE TRIGGER job_counted AFTER UPDATE OF queue, state, held ON jobs BEGIN
     UPDATE counts SET n = n - 1, held = held - OLD.held WHERE queue = OLD.queue AND state = OLD.state;
     INSERT INTO counts (queue, state, n, held) VALUES (NEW.queue, NEW.state, 1, NEW.held)
       ON CONFLICT DO UPDATE SET n = n + 1, held = held + excluded.held;
     UPDATE lanes SET closed = 0 WHERE OLD.state = 'processing' AND queue = OLD.queue AND closed = 1;
   END;

   CREATE TRIGGER job_moved AFTER UPDATE OF queue, state, held, priority, lane, skipped_for ON jobs
   WHEN NEW.needed = 1 OR NEW.in_group IS NOT NULL OR NEW.state = 'pending' AND NEW.lane = 0
     OR NEW.lane > 0 AND NEW.state <> 'pending' AND NEW.state <> 'processing' BEGIN
     -- others need it
     INSERT INTO ended (job) SELECT NEW.seq WHERE NEW.needed = 1 AND (NEW.skipped_for IS NOT OLD.skipped_for
       OR (NEW.state = 'completed' OR NEW.state = 'dead' OR NEW.state = 'cancelled' OR NEW.state = 'skipped')
       <> (OLD.state = 'completed' OR OLD.state = 'dead' OR OLD.state = 'cancelled' OR OLD.state = 'skipped'));
     -- it is of a group
     UPDATE groups SET
      open = open - (NEW.state = 'completed' OR NEW.state = 'dead' OR NEW.state = 'cancelled' OR NEW.state = 'skipped')
        + (OLD.state = 'completed' OR OLD.state = 'dead' OR OLD.state = 'cancelled' OR OLD.state = 'skipped'),
      completed = completed + (NEW.state = 'completed') - (OLD.state = 'completed'),
      dead = dead + (NEW.state = 'dead') - (OLD.state = 'dead'),
      cancelled = cancelled + (NEW.state = 'cancelled') - (OLD.state = 'cancelled'),
      skipped_failed = skipped_failed + (NEW.skipped_for IS 'failed') - (OLD.skipped_for IS 'failed'),
      skipped_called_off = skipped_called_off + (NEW.skipped_for IS 'called_off') - (OLD.skipped_for IS 'called_off'),
      skipped_unneeded = skipped_unneeded + (NEW.skipped_for IS 'unneeded') - (OLD.skipped_for IS 'unneeded'),
      stopping = CASE WHEN NEW.state = 'dead' AND OLD.state <> 'dead' AND dead + 1 >= max_failures THEN 1 ELSE stopping END,
      changed_at = max(changed_at, coalesce(NEW.finished_at, 0))
     WHERE NEW.in_group IS NOT NULL AND name = NEW.in_group
       AND (NEW.state = 'completed' OR NEW.state = 'dead' OR NEW.state = 'cancelled' OR NEW.state = 'skipped'
         OR OLD.state = 'completed' OR OLD.state = 'dead' OR OLD.state = 'cancelled' OR OLD.state = 'skipped');
     -- it can be claimed from the lane of its queue
     INSERT INTO lanes (queue, priority, seq)
       SELECT NEW.queue, NEW.priority, NEW.seq WHERE NEW.state = 'pending' AND NEW.held = 0 AND NEW.lane = 0
       ON CONFLICT DO UPDATE SET priority = excluded.priority, seq = excluded.seq
       WHERE (excluded.priority, excluded.seq) < (priority, seq);
     -- it goes by what holds when it could be claimed again; a settlement says so itself, which is cheaper
     UPDATE jobs SET lane = -1
       WHERE NEW.lane > 0 AND NEW.state <> 'pending' AND NEW.state <> 'processing' AND seq = NEW.seq;
   END;

   CREATE TRIGGER gates_passed AFTER UPDATE OF state, lane ON jobs
   WHEN (NEW.lane > 0 OR OLD.lane > 0) AND (NEW.state = 'processing' OR OLD.state = 'processing') BEGIN
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
