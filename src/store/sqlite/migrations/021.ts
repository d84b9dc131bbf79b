/**
 * @module
 * Who waits behind a job that wants more than there is hears of it when that job is called off, held, changed or deleted.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `DROP TRIGGER job_moved;
   DROP TRIGGER gates_lose_job;

   CREATE TRIGGER job_moved AFTER UPDATE OF queue, state, held, priority, lane, skipped_for ON jobs
   WHEN NEW.needed = 1 OR NEW.in_group IS NOT NULL OR NEW.state = 'pending' AND NEW.lane = 0
     OR NEW.lane > 0 AND NEW.state <> 'pending' AND NEW.state <> 'processing'
     OR OLD.lane > 0 AND OLD.state = 'pending' AND OLD.held = 0 AND NEW.state <> 'processing' BEGIN
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
     -- it stood where others wait behind it, and does not begin
     UPDATE gates SET ready = waiting
       WHERE OLD.lane > 0 AND OLD.state = 'pending' AND OLD.held = 0 AND NEW.state <> 'processing'
         AND (NEW.state <> 'pending' OR NEW.held = 1 OR NEW.lane <> OLD.lane OR NEW.priority > OLD.priority)
         AND id = (SELECT parked FROM sublanes WHERE id = OLD.lane);
   END;

   CREATE TRIGGER gates_lose_job AFTER DELETE ON jobs
   WHEN OLD.lane > 0 AND (OLD.state = 'processing' OR OLD.state = 'pending') BEGIN
     UPDATE gates SET used = used - g.units, ready = waiting
       FROM sublane_gates g WHERE OLD.state = 'processing' AND g.lane = OLD.lane AND gates.id = g.gate;
     UPDATE gates SET ready = waiting
       WHERE OLD.state = 'pending' AND OLD.held = 0 AND id = (SELECT parked FROM sublanes WHERE id = OLD.lane);
   END;`,
};
