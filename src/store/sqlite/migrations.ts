/**
 * @module
 * The tables, as numbered steps: `user_version` says how many a database has taken. A step that was released
 * is never changed; a new one is added. Invariant: the counts are right whatever statement touched the jobs;
 * only inserting, which `enqueue.ts` and `batches.ts` alone do, counts by itself, since a trigger would halve its speed.
 */
import { OUTCOMES, STATES, STREAMS, WAITING } from "../../job.ts";
import type { Database } from "./database.ts";
import { APPLICATION_ID } from "./header.ts";
import { sqlList } from "./words.ts";

const STEPS: readonly string[] = [
  `CREATE TABLE jobs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     name TEXT,                        -- the id, where it is not j<seq>
     queue TEXT NOT NULL,
     command TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ${sqlList(STATES)}),
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
     held INTEGER NOT NULL CHECK (held = 0 OR held = 1 AND state IN ${sqlList(WAITING)}),
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
     outcome TEXT CHECK (outcome IN ${sqlList(OUTCOMES)}),
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
     stream TEXT NOT NULL CHECK (stream IN ${sqlList(STREAMS)}),
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
     state TEXT NOT NULL CHECK (state IN ${sqlList(STATES)}),
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

  // Running attempts may change hands.
  `ALTER TABLE attempts ADD COLUMN started_by TEXT;    -- the supervisor that started it, once another has taken over
   ALTER TABLE attempts ADD COLUMN adopted_from TEXT;  -- the worker that started it, once another watches it
   ALTER TABLE supervisors ADD COLUMN pid_namespace TEXT NOT NULL DEFAULT '';
   ALTER TABLE workers ADD COLUMN leaving INTEGER NOT NULL DEFAULT 0 CHECK (leaving IN (0, 1));`,

  // Requests that may be sent twice enqueue once.
  `CREATE TABLE requests (
     key TEXT PRIMARY KEY,
     fingerprint TEXT NOT NULL,          -- of what was asked for
     ids TEXT NOT NULL,                  -- a JSON array: what it gave
     made_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;

   CREATE INDEX requests_by_age ON requests (made_at);`,

  // Very many jobs at once are staged before they become rows of `jobs`.
  `CREATE TABLE batches (
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

   CREATE TABLE staged_names (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;`,
];

/** Takes the steps that the database has not taken yet. To be called in a write transaction. */
export function migrate(db: Database, from: number): void {
  for (const step of STEPS.slice(from)) db.exec(step);
  db.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${STEPS.length};`);
}
