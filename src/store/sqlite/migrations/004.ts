/**
 * @module
 * Very many queues cost what one does, and empty ones go away; see `lanes.ts`, `due.ts`, `figures.ts`, `emptied.ts`.
 * Very many jobs at once are staged before they become rows of `jobs`; see `batches.ts`.
 */
import type { Step } from "./step.ts";

/** Released: never changed. */
export const step: Step = {
  sql: `CREATE TABLE lanes (
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
       sum(lost), sum(retried), sum(dead), CASE WHEN max(wait_ms) IS NOT NULL THEN json_object(
    'count', sum(wait_ms ->> '$.count'), 'sum', sum(wait_ms ->> '$.sum'),
    'buckets', json((
      SELECT json_group_object(bucket, n) FROM (
        SELECT each.key AS bucket, sum(each.value) AS n FROM figures one, json_each(one.wait_ms, '$.buckets') each
        WHERE one.span = f.span AND one.start = f.start GROUP BY each.key)))) END, CASE WHEN max(run_ms) IS NOT NULL THEN json_object(
    'count', sum(run_ms ->> '$.count'), 'sum', sum(run_ms ->> '$.sum'),
    'buckets', json((
      SELECT json_group_object(bucket, n) FROM (
        SELECT each.key AS bucket, sum(each.value) AS n FROM figures one, json_each(one.run_ms, '$.buckets') each
        WHERE one.span = f.span AND one.start = f.start GROUP BY each.key)))) END
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
};
