/**
 * @module
 * Limits, what jobs take of them, and things that hosts have; see `sublanes.ts` and `gates.ts`.
 *
 * A job that takes something, or whose queue goes by rules, stands in a sub-lane of its queue, with all that take the
 * same; a sub-lane that finds no room is parked at the gate that has none. Invariants, however stale a row may be: a
 * sub-lane with jobs that could be claimed has a place, and none of them comes before it; as long as a gate has room and
 * somebody waits there, it is ready, or says when it is; what is used of a gate is what runs.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `CREATE TABLE limits (
     name TEXT PRIMARY KEY,
     at_once INTEGER CONSTRAINT limits_at_once CHECK (at_once >= 0),
     rate_count INTEGER CONSTRAINT limits_rate_count CHECK (rate_count > 0),
     rate_ms INTEGER CONSTRAINT limits_rate_ms CHECK (rate_ms > 0),
     rate_smooth INTEGER NOT NULL DEFAULT 0 CONSTRAINT limits_rate_smooth CHECK (rate_smooth IN (0, 1))
   ) STRICT, WITHOUT ROWID;

   ALTER TABLE queues ADD COLUMN takes TEXT;           -- what each of its jobs takes: units by name
   ALTER TABLE queues ADD COLUMN per_label INTEGER CONSTRAINT queues_per_label CHECK (per_label >= 0);
   ALTER TABLE queues ADD COLUMN rate_count INTEGER CONSTRAINT queues_rate_count CHECK (rate_count > 0);
   ALTER TABLE queues ADD COLUMN rate_ms INTEGER CONSTRAINT queues_rate_ms CHECK (rate_ms > 0);
   ALTER TABLE queues ADD COLUMN rate_smooth INTEGER NOT NULL DEFAULT 0 CONSTRAINT queues_rate_smooth CHECK (rate_smooth IN (0, 1));
   ALTER TABLE queues ADD COLUMN fair INTEGER NOT NULL DEFAULT 0 CONSTRAINT queues_fair CHECK (fair IN (0, 1));

   -- 0: the lane of its queue; else a sub-lane, or -1 where that is to be found out before it is claimed
   ALTER TABLE jobs ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;

   ALTER TABLE attempts ADD COLUMN units TEXT;         -- of things of its host, their numbers: a JSON object

   CREATE TABLE sublanes (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     queue TEXT NOT NULL,
     rule TEXT NOT NULL,               -- of its queue, by which it was made
     label TEXT NOT NULL,              -- empty where it goes by none
     takes TEXT NOT NULL,              -- what its jobs say: units by name
     slots INTEGER NOT NULL,
     priority INTEGER,                 -- no job that could be claimed comes before (priority, seq); null where there is none
     seq INTEGER,
     parked INTEGER NOT NULL DEFAULT 0,  -- at which gate; 0 is open, -1 goes with the lane of its queue
     served INTEGER NOT NULL DEFAULT 0   -- grows with each job that is taken from any
   ) STRICT;

   CREATE UNIQUE INDEX sublanes_kind ON sublanes (queue, rule, label, takes, slots);
   CREATE INDEX sublanes_in_order ON sublanes (parked, priority, seq) WHERE priority IS NOT NULL;
   CREATE INDEX sublanes_by_turn ON sublanes (queue, priority, served, seq) WHERE priority IS NOT NULL AND parked = -1;
   CREATE INDEX sublanes_of ON sublanes (queue, priority, seq) WHERE priority IS NOT NULL AND parked = -1;
   CREATE INDEX sublanes_served ON sublanes (served);
   CREATE INDEX sublanes_idle ON sublanes (served) WHERE priority IS NULL;

   CREATE TABLE gates (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     kind TEXT NOT NULL CONSTRAINT gates_kind CHECK (kind IN ('limit', 'queue', 'label')),
     name TEXT NOT NULL,               -- of the limit, or the queue
     label TEXT NOT NULL,              -- empty where it is of none
     at_once INTEGER,                  -- as what it is of says; null is no bound
     rate_count INTEGER,
     rate_ms INTEGER,
     rate_smooth INTEGER NOT NULL,
     used INTEGER NOT NULL DEFAULT 0,  -- units of what runs
     started INTEGER NOT NULL DEFAULT 0,  -- units in gate_starts
     smooth_at INTEGER,                -- evenly: not before, in microseconds
     reserved INTEGER NOT NULL DEFAULT 0,  -- units kept for the sub-lane reserved_by
     reserved_by INTEGER,
     waiting INTEGER NOT NULL DEFAULT 0 CONSTRAINT gates_waiting CHECK (waiting IN (0, 1)),  -- somebody may be parked
     ready INTEGER NOT NULL DEFAULT 0 CONSTRAINT gates_ready CHECK (ready IN (0, 1)),        -- and there may be room
     next_at INTEGER                   -- when there may be room, where somebody waits for its rate
   ) STRICT;

   CREATE UNIQUE INDEX gates_of ON gates (kind, name, label);
   CREATE INDEX gates_that_are_ready ON gates (id) WHERE ready = 1;
   CREATE INDEX gates_next ON gates (next_at) WHERE next_at IS NOT NULL;
   CREATE INDEX gates_reserved ON gates (reserved_by) WHERE reserved_by IS NOT NULL;

   CREATE TABLE sublane_gates (
     lane INTEGER NOT NULL REFERENCES sublanes ON DELETE CASCADE,
     gate INTEGER NOT NULL REFERENCES gates ON DELETE CASCADE,
     units INTEGER NOT NULL,
     PRIMARY KEY (lane, gate)
   ) STRICT, WITHOUT ROWID;

   CREATE INDEX sublane_gates_of ON sublane_gates (gate);

   CREATE TABLE gate_starts (
     gate INTEGER NOT NULL REFERENCES gates ON DELETE CASCADE,
     at INTEGER NOT NULL,
     units INTEGER NOT NULL,
     PRIMARY KEY (gate, at)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE things (
     name TEXT NOT NULL,
     supervisor TEXT NOT NULL REFERENCES supervisors ON DELETE CASCADE,
     units INTEGER NOT NULL,
     PRIMARY KEY (name, supervisor)
   ) STRICT, WITHOUT ROWID;

   CREATE INDEX things_of ON things (supervisor);

   DROP INDEX ready;

   CREATE INDEX ready ON jobs (queue, held, priority, seq) WHERE state = 'pending' AND lane = 0;
   CREATE INDEX ready_in_sublanes ON jobs (queue, held, priority, seq) WHERE state = 'pending' AND lane <> 0;
   CREATE INDEX in_lane ON jobs (lane, state, held, priority, seq)
     WHERE lane <> 0 AND state NOT IN ('completed', 'dead', 'cancelled', 'skipped');

   DROP TRIGGER lane_gets_job;

   CREATE TRIGGER lane_gets_job AFTER UPDATE OF queue, state, held, priority, lane ON jobs
   WHEN NEW.state = 'pending' AND NEW.held = 0 AND NEW.lane = 0 BEGIN
     INSERT INTO lanes (queue, priority, seq) VALUES (NEW.queue, NEW.priority, NEW.seq)
       ON CONFLICT DO UPDATE SET priority = excluded.priority, seq = excluded.seq
       WHERE (excluded.priority, excluded.seq) < (priority, seq);
   END;

   -- one for all that concerns jobs in sub-lanes: each trigger costs every job its call
   CREATE TRIGGER sublane_follows AFTER UPDATE OF queue, state, held, priority, lane ON jobs
   WHEN OLD.lane > 0 OR NEW.lane > 0 BEGIN
     UPDATE gates SET used = used - g.units, ready = waiting FROM sublane_gates g
       WHERE g.lane = OLD.lane AND gates.id = g.gate
         AND OLD.state = 'processing' AND (NEW.state <> 'processing' OR OLD.lane <> NEW.lane);
     UPDATE gates SET used = used + g.units FROM sublane_gates g
       WHERE g.lane = NEW.lane AND gates.id = g.gate
         AND NEW.state = 'processing' AND (OLD.state <> 'processing' OR OLD.lane <> NEW.lane);
     UPDATE gates SET ready = waiting WHERE NEW.state = 'pending' AND NEW.held = 0 AND id = (
       SELECT parked FROM sublanes
       WHERE id = NEW.lane AND (priority IS NULL OR (NEW.priority, NEW.seq) < (priority, seq)));
     UPDATE sublanes SET priority = NEW.priority, seq = NEW.seq
       WHERE NEW.state = 'pending' AND NEW.held = 0
         AND id = NEW.lane AND (priority IS NULL OR (NEW.priority, NEW.seq) < (priority, seq));
     INSERT INTO lanes (queue, priority, seq)
       SELECT queue, NEW.priority, NEW.seq FROM sublanes
       WHERE NEW.state = 'pending' AND NEW.held = 0 AND id = NEW.lane AND parked = -1
       ON CONFLICT DO UPDATE SET priority = excluded.priority, seq = excluded.seq
       WHERE (excluded.priority, excluded.seq) < (priority, seq);
     -- it goes by what holds when it runs again
     UPDATE jobs SET lane = -1
       WHERE seq = NEW.seq AND NEW.lane > 0 AND NEW.state IN ('completed', 'dead', 'cancelled', 'skipped');
   END;

   CREATE TRIGGER gates_lose_job AFTER DELETE ON jobs WHEN OLD.state = 'processing' AND OLD.lane > 0 BEGIN
     UPDATE gates SET used = used - g.units, ready = waiting
       FROM sublane_gates g WHERE g.lane = OLD.lane AND gates.id = g.gate;
   END;`,
};
