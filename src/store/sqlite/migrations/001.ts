/**
 * @module
 * The tables. Invariant: the counts are right whatever statement touched the jobs; only inserting, which `enqueue.ts`
 * and `batches.ts` alone do, counts by itself, since a trigger would halve its speed.
 */
import type { Step } from "./step.ts";

/** Released: never changed. */
export const step: Step = {
  sql: `CREATE TABLE jobs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     name TEXT,                        -- the id, where it is not j<seq>
     queue TEXT NOT NULL,
     command TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('pending', 'scheduled', 'processing', 'completed', 'failed', 'dead', 'cancelled')),
     priority INTEGER NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
     last_attempt INTEGER NOT NULL DEFAULT 0 CHECK (last_attempt >= attempts),
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
     held INTEGER NOT NULL CHECK (held = 0 OR held = 1 AND state IN ('pending', 'scheduled', 'failed')),
     cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1))
   ) STRICT;

   CREATE UNIQUE INDEX by_name ON jobs (name) WHERE name IS NOT NULL;
   CREATE INDEX ready ON jobs (queue, held, priority, seq) WHERE state = 'pending';
   CREATE INDEX due ON jobs (run_at) WHERE state IN ('scheduled', 'failed') AND held = 0;
   CREATE INDEX by_state ON jobs (queue, state, seq);
   CREATE INDEX by_label ON jobs (label, seq) WHERE label IS NOT NULL;
   CREATE INDEX prunable ON jobs (finished_at) WHERE state IN ('completed', 'cancelled');

   CREATE TABLE attempts (
     job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
     attempt INTEGER NOT NULL,
     token TEXT NOT NULL,
     supervisor TEXT NOT NULL,
     worker TEXT NOT NULL,
     host TEXT NOT NULL,
     ready_at INTEGER NOT NULL,        -- when its job could have run
     started_at INTEGER NOT NULL,
     finished_at INTEGER,
     outcome TEXT CHECK (outcome IN ('completed', 'failed', 'timed_out', 'cancelled', 'lost', 'released')),
     exit_code INTEGER,
     signal TEXT,
     error TEXT,
     PRIMARY KEY (job, attempt),
     CHECK ((finished_at IS NULL) = (outcome IS NULL))
   ) STRICT, WITHOUT ROWID;

   CREATE UNIQUE INDEX running ON attempts (supervisor, token) WHERE finished_at IS NULL;

   CREATE TABLE output (
     piece INTEGER PRIMARY KEY AUTOINCREMENT,
     job INTEGER NOT NULL,
     attempt INTEGER NOT NULL,
     stream TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr')),
     start INTEGER NOT NULL,
     bytes BLOB NOT NULL,
     FOREIGN KEY (job, attempt) REFERENCES attempts ON DELETE CASCADE
   ) STRICT;

   CREATE INDEX output_of ON output (job, attempt);

   CREATE TABLE queues (
     name TEXT PRIMARY KEY,
     paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
     concurrency INTEGER CHECK (concurrency >= 0)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE counts (
     queue TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('pending', 'scheduled', 'processing', 'completed', 'failed', 'dead', 'cancelled')),
     n INTEGER NOT NULL CHECK (n >= 0),
     held INTEGER NOT NULL CHECK (held BETWEEN 0 AND n),
     PRIMARY KEY (queue, state)
   ) STRICT, WITHOUT ROWID;

   CREATE TRIGGER count_changed AFTER UPDATE OF queue, state, held ON jobs BEGIN
     UPDATE counts SET n = n - 1, held = held - OLD.held WHERE queue = OLD.queue AND state = OLD.state;
     INSERT INTO counts (queue, state, n, held) VALUES (NEW.queue, NEW.state, 1, NEW.held)
       ON CONFLICT DO UPDATE SET n = n + 1, held = held + excluded.held;
   END;

   CREATE TRIGGER count_deleted AFTER DELETE ON jobs BEGIN
     UPDATE counts SET n = n - 1, held = held - OLD.held WHERE queue = OLD.queue AND state = OLD.state;
   END;

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
     run_ms TEXT,
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
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE workers (
     id TEXT PRIMARY KEY,
     supervisor TEXT NOT NULL REFERENCES supervisors ON DELETE CASCADE,
     slots INTEGER NOT NULL,
     queues TEXT,                      -- a JSON array; NULL is all
     started_at INTEGER NOT NULL,
     stopping INTEGER NOT NULL DEFAULT 0 CHECK (stopping IN (0, 1)),
     end_at INTEGER
   ) STRICT, WITHOUT ROWID;

   CREATE INDEX workers_of ON workers (supervisor);`,
};
