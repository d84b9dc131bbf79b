/**
 * @module
 * A made-up step that comes after all there are: it rebuilds the table that most others refer to, for one more state.
 * The indexes and triggers of `jobs` stand in it again, as in every such step.
 */
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { migrate } from "../../src/store/sqlite/migrations.ts";
import { STEPS } from "../../src/store/sqlite/migrations/index.ts";
import type { Step } from "../../src/store/sqlite/migrations/step.ts";
import type { Home } from "../../src/system/home.ts";

/** It creates, copies, drops and renames. */
export const REBUILDING: Step = {
  rebuilds: true,
  sql: `
    CREATE TABLE rebuilt (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT,                        -- the id, where it is not j<seq>
      queue TEXT NOT NULL,
      command TEXT NOT NULL,
      state TEXT NOT NULL CONSTRAINT jobs_state CHECK (state = 'pending' OR state = 'processing' OR state = 'completed'
        OR state IN ('blocked', 'scheduled', 'failed', 'dead', 'cancelled', 'skipped', 'pondered')),
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

    INSERT INTO rebuilt SELECT * FROM jobs;

    -- What was given is never given again, also where the last rows are gone.
    DELETE FROM sqlite_sequence WHERE name = 'rebuilt';
    INSERT INTO sqlite_sequence (name, seq) SELECT 'rebuilt', seq FROM sqlite_sequence WHERE name = 'jobs';

    DROP TABLE jobs;

    ALTER TABLE rebuilt RENAME TO jobs;

    CREATE UNIQUE INDEX by_name ON jobs (name) WHERE name IS NOT NULL;

    CREATE INDEX ready ON jobs (queue, held, priority, seq) WHERE state = 'pending' AND lane = 0;
    CREATE INDEX ready_in_sublanes ON jobs (queue, held, priority, seq) WHERE state = 'pending' AND lane <> 0;
    CREATE INDEX in_lane ON jobs (lane, held, priority, seq) WHERE state = 'pending' AND lane <> 0;

    CREATE INDEX due ON jobs (run_at) WHERE state IN ('scheduled', 'failed') AND held = 0;

    CREATE INDEX by_state ON jobs (queue, state, seq);

    CREATE INDEX by_label ON jobs (label, seq) WHERE label IS NOT NULL;

    CREATE INDEX prunable ON jobs (finished_at, queue)
      WHERE finished_at IS NOT NULL AND (state = 'completed' OR state = 'cancelled' OR state = 'skipped');
    CREATE INDEX prunable_dead ON jobs (finished_at, queue) WHERE state = 'dead';

    CREATE INDEX keys ON jobs (unique_key, seq) WHERE unique_key IS NOT NULL AND key_lost = 0;

    CREATE INDEX by_key ON jobs (unique_key, seq) WHERE unique_key IS NOT NULL;

    CREATE INDEX by_death ON jobs (queue, died_of, finished_at) WHERE state = 'dead' AND died_of IS NOT NULL;

    CREATE INDEX unnamed ON jobs (seq) WHERE state = 'dead' AND died_of IS NULL;

    CREATE INDEX by_group ON jobs (in_group, seq) WHERE in_group IS NOT NULL;

    CREATE TRIGGER group_loses_job AFTER DELETE ON jobs
    WHEN OLD.in_group IS NOT NULL AND OLD.state NOT IN ('completed', 'dead', 'cancelled', 'skipped') BEGIN
      UPDATE groups SET open = open - 1, cancelled = cancelled + 1 WHERE name = OLD.in_group;
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

    CREATE TRIGGER count_deleted AFTER DELETE ON jobs BEGIN
      UPDATE counts SET n = n - 1, held = held - OLD.held WHERE queue = OLD.queue AND state = OLD.state;
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

    CREATE TRIGGER gates_lose_job AFTER DELETE ON jobs
    WHEN OLD.lane > 0 AND (OLD.state = 'processing' OR OLD.state = 'pending') BEGIN
      UPDATE gates SET used = used - g.units, ready = waiting
        FROM sublane_gates g WHERE OLD.state = 'processing' AND g.lane = OLD.lane AND gates.id = g.gate;
      UPDATE gates SET ready = waiting
        WHERE OLD.state = 'pending' AND OLD.held = 0 AND id = (SELECT parked FROM sublanes WHERE id = OLD.lane);
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
    END;`,
};

/** All steps, and the made-up one. */
export const NEWER: readonly Step[] = [...STEPS, REBUILDING];

/** Brings a home up to date as a newer version would that has the made-up step; or other steps. */
export async function takeNewer(home: Home, steps: readonly Step[] = NEWER): Promise<void> {
  const db = await Database.open(home);
  try {
    await migrate(db, home, steps);
  } finally {
    db.close();
  }
}
