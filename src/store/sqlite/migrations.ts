/**
 * @module
 * The tables, as numbered steps: `user_version` says how many a database has taken. A step that was released
 * is never changed; a new one is added. Invariant: the counts are right whatever statement touched the jobs;
 * only inserting, which `enqueue.ts` and `batches.ts` alone do, counts by itself, since a trigger would halve its speed.
 */
import { OUTCOMES, STATES, STREAMS, WAITING } from "../../domain/job.ts";
import type { Database } from "./engine/database.ts";
import { APPLICATION_ID } from "./engine/header.ts";
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

  // Very many queues cost what one does, and empty ones go away; see `lanes.ts`, `due.ts`, `figures.ts`, `emptied.ts`.
  // Very many jobs at once are staged before they become rows of `jobs`; see `batches.ts`.
  `CREATE TABLE lanes (
     queue TEXT PRIMARY KEY,
     priority INTEGER NOT NULL,
     seq INTEGER NOT NULL,             -- no job that could be claimed comes before (priority, seq)
     closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
   ) STRICT, WITHOUT ROWID;

   CREATE INDEX lanes_in_order ON lanes (closed, priority, seq);

   INSERT INTO lanes (queue, priority, seq)
     SELECT queue, priority, seq FROM jobs JOIN (
       SELECT DISTINCT c.queue AS lane FROM counts c WHERE c.state = 'pending' AND c.n > c.held)
     ON seq = (
       SELECT first.seq FROM jobs first WHERE first.state = 'pending' AND first.queue = lane AND first.held = 0
       ORDER BY first.priority, first.seq LIMIT 1);

   CREATE TRIGGER lane_gets_job AFTER UPDATE OF queue, state, held, priority ON jobs
   WHEN NEW.state = 'pending' AND NEW.held = 0 BEGIN
     INSERT INTO lanes (queue, priority, seq) VALUES (NEW.queue, NEW.priority, NEW.seq)
       ON CONFLICT DO UPDATE SET priority = excluded.priority, seq = excluded.seq
       WHERE (excluded.priority, excluded.seq) < (priority, seq);
   END;

   CREATE TRIGGER lane_gets_room AFTER UPDATE OF state ON jobs WHEN OLD.state = 'processing' BEGIN
     UPDATE lanes SET closed = 0 WHERE queue = OLD.queue AND closed = 1;
   END;

   CREATE TRIGGER lane_is_switched AFTER UPDATE ON queues BEGIN
     UPDATE lanes SET closed = 0 WHERE queue = NEW.name AND closed = 1;
   END;

   CREATE INDEX due_by_priority ON jobs (priority, run_at) WHERE state IN ('scheduled', 'failed') AND held = 0;

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
     run_ms TEXT,
     PRIMARY KEY (span, start)
   ) STRICT, WITHOUT ROWID;

   INSERT INTO overall_figures
     SELECT span, start, sum(enqueued), sum(started), sum(completed), sum(failed), sum(timed_out), sum(cancelled),
       sum(lost), sum(retried), sum(dead), ${sumOfHistograms("wait_ms")}, ${sumOfHistograms("run_ms")}
     FROM figures f GROUP BY span, start;

   CREATE INDEX figures_of ON figures (queue, span, start);

   CREATE TABLE emptied (
     queue TEXT PRIMARY KEY,
     since INTEGER                     -- null until it is noticed
   ) STRICT, WITHOUT ROWID;

   CREATE INDEX emptied_since ON emptied (since);

   INSERT INTO emptied (queue)
     SELECT known FROM (SELECT queue AS known FROM counts UNION SELECT queue FROM figures UNION SELECT name FROM queues)
     WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE queue = known);

   CREATE TRIGGER queue_emptied AFTER DELETE ON jobs
   WHEN NOT EXISTS (SELECT 1 FROM jobs WHERE queue = OLD.queue) BEGIN
     INSERT OR REPLACE INTO emptied (queue) VALUES (OLD.queue);
   END;

   CREATE TRIGGER queue_left AFTER UPDATE OF queue ON jobs
   WHEN NOT EXISTS (SELECT 1 FROM jobs WHERE queue = OLD.queue) BEGIN
     INSERT OR REPLACE INTO emptied (queue) VALUES (OLD.queue);
   END;

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

   CREATE TABLE staged_names (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;`,
];

/** A histogram of all queues together, for a statement that groups `figures f`. Part of a step, and as frozen. */
function sumOfHistograms(column: "wait_ms" | "run_ms"): string {
  const same = "one.span = f.span AND one.start = f.start";
  return `CASE WHEN max(${column}) IS NOT NULL THEN json_object(
    'count', sum(${column} ->> '$.count'), 'sum', sum(${column} ->> '$.sum'),
    'buckets', json((
      SELECT json_group_object(bucket, n) FROM (
        SELECT each.key AS bucket, sum(each.value) AS n FROM figures one, json_each(one.${column}, '$.buckets') each
        WHERE ${same} GROUP BY each.key)))) END`;
}

/** Takes the steps that the database has not taken yet, up to `to` of them. To be called in a write transaction. */
export function migrate(db: Pick<Database, "exec">, from: number, to: number = STEPS.length): void {
  for (const step of STEPS.slice(from, to)) db.exec(step);
  db.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${to};`);
}
