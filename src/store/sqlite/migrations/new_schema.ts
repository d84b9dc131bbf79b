/**
 * @module
 * The schema of a new store: what all steps leave, to the letter. Made by `tests/fixtures/stores/new_schema.ts`.
 */

export const NEW_SCHEMA = `CREATE TABLE output (
     piece INTEGER PRIMARY KEY AUTOINCREMENT,
     job INTEGER NOT NULL,
     attempt INTEGER NOT NULL,
     stream TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr')),
     start INTEGER NOT NULL,
     bytes BLOB NOT NULL, seen_at INTEGER,
     FOREIGN KEY (job, attempt) REFERENCES attempts ON DELETE CASCADE
   ) STRICT;

CREATE INDEX output_of ON output (job, attempt);

CREATE TABLE queues (
     name TEXT PRIMARY KEY,
     paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
     concurrency INTEGER CHECK (concurrency >= 0)
   , retention_ms INTEGER       -- 0 is for ever; NULL is as the setting says
     CONSTRAINT queues_retention CHECK (retention_ms >= 0), retention_dead_ms INTEGER
     CONSTRAINT queues_retention_dead CHECK (retention_dead_ms >= 0), takes TEXT, per_label INTEGER CONSTRAINT queues_per_label CHECK (per_label >= 0), rate_count INTEGER CONSTRAINT queues_rate_count CHECK (rate_count > 0), rate_ms INTEGER CONSTRAINT queues_rate_ms CHECK (rate_ms > 0), rate_smooth INTEGER NOT NULL DEFAULT 0 CONSTRAINT queues_rate_smooth CHECK (rate_smooth IN (0, 1)), fair INTEGER NOT NULL DEFAULT 0 CONSTRAINT queues_fair CHECK (fair IN (0, 1)), aging_ms INTEGER CONSTRAINT queues_aging_ms CHECK (aging_ms > 0)) STRICT, WITHOUT ROWID;

CREATE TABLE figures (
     span TEXT NOT NULL CHECK (span IN ('minute', 'hour', 'total')),
     start INTEGER NOT NULL,
     queue TEXT NOT NULL,
     enqueued INTEGER NOT NULL,
     started INTEGER NOT NULL,
     completed INTEGER NOT NULL,
     failed INTEGER NOT NULL,
     timed_out INTEGER NOT NULL,
     cancelled INTEGER NOT NULL,
     lost INTEGER NOT NULL,
     retried INTEGER NOT NULL,
     dead INTEGER NOT NULL,
     wait_ms TEXT,                     -- a JSON histogram; NULL is an empty one
     run_ms TEXT, snoozed INTEGER NOT NULL DEFAULT 0, cpu_ms INTEGER NOT NULL DEFAULT 0,
     PRIMARY KEY (span, start, queue)
   ) STRICT, WITHOUT ROWID;

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE supervisors (
     id TEXT PRIMARY KEY,
     host TEXT NOT NULL,
     boot_id TEXT NOT NULL,
     pid INTEGER NOT NULL,
     started_at INTEGER NOT NULL,
     lease_until INTEGER NOT NULL
   , pid_namespace TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;

CREATE TABLE workers (
     id TEXT PRIMARY KEY,
     supervisor TEXT NOT NULL REFERENCES supervisors ON DELETE CASCADE,
     slots INTEGER NOT NULL,
     queues TEXT,                      -- a JSON array; NULL is all
     started_at INTEGER NOT NULL,
     stopping INTEGER NOT NULL DEFAULT 0 CHECK (stopping IN (0, 1)),
     end_at INTEGER
   , leaving INTEGER NOT NULL DEFAULT 0 CHECK (leaving IN (0, 1))) STRICT, WITHOUT ROWID;

CREATE INDEX workers_of ON workers (supervisor);

CREATE TABLE requests (
     key TEXT PRIMARY KEY,
     fingerprint TEXT NOT NULL,          -- of what was asked for
     ids TEXT NOT NULL,                  -- a JSON array: what it gave
     made_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;

CREATE INDEX requests_by_age ON requests (made_at);

CREATE TABLE lanes (
     queue TEXT PRIMARY KEY,
     priority INTEGER NOT NULL,
     seq INTEGER NOT NULL,             -- no job that could be claimed comes before (priority, seq)
     closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
   ) STRICT, WITHOUT ROWID;

CREATE INDEX lanes_in_order ON lanes (closed, priority, seq);

CREATE TRIGGER lane_is_switched AFTER UPDATE ON queues BEGIN
     UPDATE lanes SET closed = 0 WHERE queue = NEW.name AND closed = 1;
   END;

CREATE TABLE overall_figures (
     span TEXT NOT NULL CHECK (span IN ('minute', 'hour', 'total')),
     start INTEGER NOT NULL,
     enqueued INTEGER NOT NULL,
     started INTEGER NOT NULL,
     completed INTEGER NOT NULL,
     failed INTEGER NOT NULL,
     timed_out INTEGER NOT NULL,
     cancelled INTEGER NOT NULL,
     lost INTEGER NOT NULL,
     retried INTEGER NOT NULL,
     dead INTEGER NOT NULL,
     wait_ms TEXT,
     run_ms TEXT, snoozed INTEGER NOT NULL DEFAULT 0, cpu_ms INTEGER NOT NULL DEFAULT 0,
     PRIMARY KEY (span, start)
   ) STRICT, WITHOUT ROWID;

CREATE INDEX figures_of ON figures (queue, span, start);

CREATE TABLE emptied (
     queue TEXT PRIMARY KEY,
     since INTEGER                     -- null until it is noticed
   ) STRICT, WITHOUT ROWID;

CREATE INDEX emptied_since ON emptied (since);

CREATE TABLE batches (
     id TEXT PRIMARY KEY,                -- names the lock of whoever enqueues it
     made_at INTEGER NOT NULL,
     first INTEGER                       -- the seq of its first job, once all of them are enqueued
   ) STRICT, WITHOUT ROWID;

CREATE TABLE staged (
     piece INTEGER PRIMARY KEY AUTOINCREMENT,
     batch TEXT NOT NULL REFERENCES batches,
     start INTEGER NOT NULL,             -- how many jobs of its batch come before
     jobs TEXT NOT NULL                  -- a JSON array of arrays: see batches.ts
   ) STRICT;

CREATE UNIQUE INDEX staged_of ON staged (batch, start);

CREATE TABLE staged_names (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE inputs (
     job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
     bytes BLOB NOT NULL
   ) STRICT;

CREATE TABLE "counts" (
     queue TEXT NOT NULL,
     state TEXT NOT NULL CONSTRAINT counts_state
       CHECK (state IN ('blocked', 'pending', 'scheduled', 'processing', 'completed', 'failed', 'dead', 'cancelled', 'skipped')),
     n INTEGER NOT NULL CONSTRAINT counts_n CHECK (n >= 0),
     held INTEGER NOT NULL CONSTRAINT counts_held CHECK (held BETWEEN 0 AND n),
     PRIMARY KEY (queue, state)
   ) STRICT, WITHOUT ROWID;

CREATE TABLE needy (
     job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
     any INTEGER NOT NULL DEFAULT 0 CONSTRAINT needy_any CHECK (any IN (0, 1)),     -- one need that is met is enough
     bound INTEGER NOT NULL DEFAULT 1 CONSTRAINT needy_bound CHECK (bound IN (0, 1)),  -- until it starts, its needs decide
     open INTEGER NOT NULL CONSTRAINT needy_open CHECK (open >= 0),                 -- needs that are not decided
     met INTEGER NOT NULL CONSTRAINT needy_met CHECK (met >= 0),
     failed INTEGER NOT NULL CONSTRAINT needy_failed CHECK (failed >= 0),           -- as all that follow, can no longer be met
     called_off INTEGER NOT NULL CONSTRAINT needy_called_off CHECK (called_off >= 0),
     unneeded INTEGER NOT NULL CONSTRAINT needy_unneeded CHECK (unneeded >= 0)
   ) STRICT;

CREATE TABLE needs (
     job INTEGER NOT NULL REFERENCES needy ON DELETE CASCADE,
     needs INTEGER NOT NULL,           -- the number of a job, which may be gone
     name TEXT,                        -- what that was called, where it was not j<seq>
     wanting TEXT NOT NULL CONSTRAINT needs_wanting CHECK (wanting IN ('completed', 'failed', 'ended')),
     decided TEXT CONSTRAINT needs_decided CHECK (decided IN ('met', 'failed', 'called_off', 'unneeded')),
     PRIMARY KEY (job, needs)
   ) STRICT, WITHOUT ROWID;

CREATE INDEX needs_on ON needs (needs, job);

CREATE TABLE ended (
     turn INTEGER PRIMARY KEY,
     job INTEGER NOT NULL,             -- has ended, runs again after that, or is gone
     state TEXT,                       -- how it had ended, where it is gone
     skipped_for TEXT,
     again INTEGER NOT NULL DEFAULT 0 CONSTRAINT ended_again CHECK (again IN (0, 1)),  -- those that need it run again, too
     after INTEGER NOT NULL DEFAULT 0  -- up to this number, those that need it were told
   ) STRICT;

CREATE INDEX ended_of ON ended (job);

CREATE TABLE "attempts" (
     job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
     attempt INTEGER NOT NULL,
     token TEXT NOT NULL,
     supervisor TEXT NOT NULL,
     worker TEXT NOT NULL,
     host TEXT NOT NULL,
     ready_at INTEGER NOT NULL,        -- when its job could have run
     started_at INTEGER NOT NULL,
     finished_at INTEGER,
     outcome TEXT CONSTRAINT attempts_outcome CHECK (outcome IN (
       'completed', 'failed', 'timed_out', 'idle', 'cancelled', 'lost', 'snoozed', 'released')),
     exit_code INTEGER,
     signal TEXT,
     error TEXT,
     started_by TEXT,                  -- the supervisor that started it, once another has taken over
     adopted_from TEXT,                -- the worker that started it, once another watches it
     paused_ms INTEGER NOT NULL DEFAULT 0,  -- in pauses that are over
     unstopped INTEGER, cpu_ms INTEGER, units TEXT,                -- processes that could not be stopped, once the others stand still
     PRIMARY KEY (job, attempt),
     CONSTRAINT attempts_ended CHECK ((finished_at IS NULL) = (outcome IS NULL))
   ) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX running ON attempts (supervisor, token) WHERE finished_at IS NULL;

CREATE TABLE said (
     job INTEGER NOT NULL,
     attempt INTEGER NOT NULL,
     percent REAL CONSTRAINT said_percent CHECK (percent BETWEEN 0 AND 100),
     text TEXT,
     note TEXT, memory INTEGER, peak_memory INTEGER, cpu_ms INTEGER,                        -- what is to be said of that
     PRIMARY KEY (job, attempt),
     FOREIGN KEY (job, attempt) REFERENCES attempts ON DELETE CASCADE
   ) STRICT, WITHOUT ROWID;

CREATE TABLE results (
     job INTEGER NOT NULL,
     attempt INTEGER NOT NULL,
     bytes BLOB NOT NULL,
     PRIMARY KEY (job, attempt),
     FOREIGN KEY (job, attempt) REFERENCES attempts ON DELETE CASCADE
   ) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
     job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
     bytes BLOB NOT NULL
   ) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     name TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     changed_at INTEGER NOT NULL,      -- when it was sealed, or a job of it ended last
     sealed INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_sealed CHECK (sealed IN (0, 1)),
     max_failures INTEGER,             -- with so many dead jobs the waiting ones are called off
     stopping INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_stopping CHECK (stopping IN (0, 1)),  -- they are to be
     needed INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_needed CHECK (needed IN (0, 1)),  -- others need it, or did
     open INTEGER NOT NULL CONSTRAINT groups_open CHECK (open >= 0),  -- jobs that have not ended, staged ones included
     -- jobs that have ended, by how; also where they are gone
     completed INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_completed CHECK (completed >= 0),
     dead INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_dead CHECK (dead >= 0),
     cancelled INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_cancelled CHECK (cancelled >= 0),
     skipped_failed INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_skipped_failed CHECK (skipped_failed >= 0),
     skipped_called_off INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_skipped_called_off CHECK (skipped_called_off >= 0),
     skipped_unneeded INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_skipped_unneeded CHECK (skipped_unneeded >= 0)
   ) STRICT;

CREATE UNIQUE INDEX groups_name ON groups (name);

CREATE INDEX groups_to_stop ON groups (id) WHERE stopping = 1;

CREATE TRIGGER group_ended AFTER UPDATE OF sealed, open, dead, cancelled, skipped_failed, skipped_called_off ON groups
   WHEN NEW.needed = 1 AND (NEW.sealed = 1 AND NEW.open = 0 OR OLD.sealed = 1 AND OLD.open = 0) BEGIN
     INSERT INTO ended (job) VALUES (-NEW.id);
   END;

CREATE INDEX groups_open ON groups (id) WHERE sealed = 0 OR open > 0;

CREATE TABLE schedules (
     name TEXT NOT NULL PRIMARY KEY,
     expression TEXT NOT NULL,
     zone TEXT NOT NULL,               -- its name, never an offset
     missed TEXT NOT NULL CONSTRAINT schedules_missed CHECK (missed IN ('once', 'skip', 'all')),
     overlap TEXT NOT NULL CONSTRAINT schedules_overlap CHECK (overlap IN ('skip', 'queue', 'replace', 'allow')),
     jitter_ms INTEGER NOT NULL CONSTRAINT schedules_jitter CHECK (jitter_ms >= 0),
     job TEXT NOT NULL,                -- a JSON object, as enqueue takes it
     paused INTEGER NOT NULL CONSTRAINT schedules_paused CHECK (paused IN (0, 1)),
     since INTEGER NOT NULL,           -- where "every" counts from
     created_at INTEGER NOT NULL,
     next_slot INTEGER,                -- the first of which nothing is decided; null while paused, or when none comes
     next_at INTEGER,                  -- when it is due
     last_slot INTEGER,                -- no slot up to here is decided again
     revision INTEGER NOT NULL,        -- one more with each change
     runs INTEGER NOT NULL             -- rows there ever were in schedule_runs
   ) STRICT, WITHOUT ROWID;

CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE schedule_runs (
     schedule TEXT NOT NULL,
     nth INTEGER NOT NULL,
     kind TEXT NOT NULL CONSTRAINT schedule_runs_kind CHECK (kind IN ('on_time', 'late', 'manual', 'missed', 'skipped')),
     slot INTEGER NOT NULL,            -- or the first of several
     until INTEGER NOT NULL,           -- the last of them
     n INTEGER,                        -- how many; null is very many
     at INTEGER NOT NULL,              -- when that was decided
     job INTEGER,                      -- the number of the job, which may be gone
     PRIMARY KEY (schedule, nth)
   ) STRICT, WITHOUT ROWID;

CREATE TABLE staged_keys (
     key TEXT NOT NULL,
     batch TEXT NOT NULL REFERENCES batches ON DELETE CASCADE,
     at INTEGER NOT NULL,              -- where the job stands in its batch
     PRIMARY KEY (key, batch)
   ) STRICT, WITHOUT ROWID;

CREATE TABLE limits (
     name TEXT PRIMARY KEY,
     at_once INTEGER CONSTRAINT limits_at_once CHECK (at_once >= 0),
     rate_count INTEGER CONSTRAINT limits_rate_count CHECK (rate_count > 0),
     rate_ms INTEGER CONSTRAINT limits_rate_ms CHECK (rate_ms > 0),
     rate_smooth INTEGER NOT NULL DEFAULT 0 CONSTRAINT limits_rate_smooth CHECK (rate_smooth IN (0, 1))
   ) STRICT, WITHOUT ROWID;

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

CREATE INDEX aging ON queues (name) WHERE aging_ms IS NOT NULL;

CREATE INDEX schedules_idle ON schedules (paused, next_at) WHERE next_at IS NULL;

CREATE TABLE "jobs" (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     name TEXT,                        -- the id, where it is not j<seq>
     queue TEXT NOT NULL,
     command TEXT NOT NULL,
     state TEXT NOT NULL CONSTRAINT jobs_state CHECK (state = 'pending' OR state = 'processing' OR state = 'completed'
       OR state IN ('blocked', 'scheduled', 'failed', 'dead', 'cancelled', 'skipped')),
     priority INTEGER NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0 CONSTRAINT jobs_attempts CHECK (attempts >= 0),
     last_attempt INTEGER NOT NULL DEFAULT 0 CONSTRAINT jobs_last_attempt CHECK (last_attempt >= attempts),
     max_retries INTEGER NOT NULL,
     timeout_ms INTEGER NOT NULL,
     run_at INTEGER,
     created_at INTEGER NOT NULL,
     started_at INTEGER,
     finished_at INTEGER,
     exit_code INTEGER,
     signal TEXT,
     error TEXT,
     worker TEXT,
     label TEXT,
     cwd TEXT,
     env TEXT,                         -- a JSON object
     held INTEGER NOT NULL CONSTRAINT jobs_held CHECK (held = 0 OR held = 1 AND state IN ('blocked', 'pending', 'scheduled', 'failed', 'skipped')),
     cancel_requested INTEGER NOT NULL DEFAULT 0 CONSTRAINT jobs_cancel_requested CHECK (cancel_requested IN (0, 1)),
     stdin_size INTEGER,
     paused_at INTEGER,
     max_output INTEGER,
     skipped_for TEXT                  -- why it is skipped
       CONSTRAINT jobs_skipped_for CHECK (skipped_for IS NULL OR skipped_for IN ('failed', 'called_off', 'unneeded')),
     needed INTEGER NOT NULL DEFAULT 0 CONSTRAINT jobs_needed CHECK (needed IN (0, 1)),  -- others need it, or did
     policy TEXT,
     checkpoint_size INTEGER,
     snoozed_since INTEGER,
     in_group TEXT,
     unique_key TEXT,
     key_lost INTEGER NOT NULL DEFAULT 0 CONSTRAINT jobs_key_lost CHECK (key_lost IN (0, 1)),
     died_of TEXT,
     lane INTEGER NOT NULL DEFAULT 0
   ) STRICT;

CREATE UNIQUE INDEX by_name ON jobs (name) WHERE name IS NOT NULL;

CREATE INDEX due ON jobs (run_at) WHERE state IN ('scheduled', 'failed') AND held = 0;

CREATE INDEX by_state ON jobs (queue, state, seq);

CREATE INDEX by_label ON jobs (label, seq) WHERE label IS NOT NULL;

CREATE INDEX prunable ON jobs (finished_at, queue)
     WHERE finished_at IS NOT NULL AND (state = 'completed' OR state = 'cancelled' OR state = 'skipped');

CREATE INDEX prunable_dead ON jobs (finished_at, queue) WHERE state = 'dead';

CREATE TRIGGER count_deleted AFTER DELETE ON jobs BEGIN
     UPDATE counts SET n = n - 1, held = held - OLD.held WHERE queue = OLD.queue AND state = OLD.state;
   END;

CREATE INDEX due_by_priority ON jobs (priority, run_at) WHERE state IN ('scheduled', 'failed') AND held = 0;

CREATE TRIGGER queue_emptied AFTER DELETE ON jobs
   WHEN NOT EXISTS (SELECT 1 FROM jobs WHERE queue = OLD.queue) BEGIN
     INSERT OR REPLACE INTO emptied (queue) VALUES (OLD.queue);
   END;

CREATE TRIGGER queue_left AFTER UPDATE OF queue ON jobs
   WHEN NOT EXISTS (SELECT 1 FROM jobs WHERE queue = OLD.queue) BEGIN
     INSERT OR REPLACE INTO emptied (queue) VALUES (OLD.queue);
   END;

CREATE TRIGGER needed_job_deleted AFTER DELETE ON jobs
   WHEN OLD.needed = 1 AND OLD.state NOT IN ('completed', 'dead', 'cancelled', 'skipped') BEGIN
     UPDATE ended SET state = 'cancelled', skipped_for = NULL WHERE job = OLD.seq;
     INSERT INTO ended (job, state) VALUES (OLD.seq, 'cancelled');
   END;

CREATE TRIGGER ended_job_deleted AFTER DELETE ON jobs
   WHEN OLD.needed = 1 AND OLD.state IN ('completed', 'dead', 'cancelled', 'skipped') BEGIN
     UPDATE ended SET state = OLD.state, skipped_for = OLD.skipped_for WHERE job = OLD.seq;
   END;

CREATE INDEX by_group ON jobs (in_group, seq) WHERE in_group IS NOT NULL;

CREATE TRIGGER group_loses_job AFTER DELETE ON jobs
   WHEN OLD.in_group IS NOT NULL AND OLD.state NOT IN ('completed', 'dead', 'cancelled', 'skipped') BEGIN
     UPDATE groups SET open = open - 1, cancelled = cancelled + 1 WHERE name = OLD.in_group;
   END;

CREATE INDEX keys ON jobs (unique_key, seq) WHERE unique_key IS NOT NULL AND key_lost = 0;

CREATE INDEX by_key ON jobs (unique_key, seq) WHERE unique_key IS NOT NULL;

CREATE INDEX by_death ON jobs (queue, died_of, finished_at) WHERE state = 'dead' AND died_of IS NOT NULL;

CREATE INDEX unnamed ON jobs (seq) WHERE state = 'dead' AND died_of IS NULL;

CREATE INDEX ready ON jobs (queue, held, priority, seq) WHERE state = 'pending' AND lane = 0;

CREATE INDEX ready_in_sublanes ON jobs (queue, held, priority, seq) WHERE state = 'pending' AND lane <> 0;

CREATE INDEX in_lane ON jobs (lane, held, priority, seq) WHERE state = 'pending' AND lane <> 0;

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

CREATE TRIGGER job_counted AFTER UPDATE OF queue, state, held ON jobs BEGIN
     UPDATE counts SET n = n - 1, held = held - OLD.held WHERE queue = OLD.queue AND state = OLD.state;
     INSERT INTO counts (queue, state, n, held) VALUES (NEW.queue, NEW.state, 1, NEW.held)
       ON CONFLICT DO UPDATE SET n = n + 1, held = held + excluded.held;
     UPDATE lanes SET closed = 0 WHERE OLD.state = 'processing' AND queue = OLD.queue AND closed = 1;
   END;

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
   END;

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
   END;
`;
