/**
 * @module
 * Jobs say how far they are, leave results and checkpoints, put themselves off, and say which of their ends are worth
 * another attempt; see `said.ts`.
 */
import type { Step } from "./step.ts";

/** Not released yet. Attempts are rebuilt for two more outcomes. */
export const step: Step = {
  rebuilds: true,
  sql: `ALTER TABLE jobs ADD COLUMN policy TEXT;             -- a JSON object; null is none
   ALTER TABLE jobs ADD COLUMN checkpoint_size INTEGER; -- bytes in checkpoints; null is none
   ALTER TABLE jobs ADD COLUMN snoozed_since INTEGER;   -- null when the latest attempt did not put it off

   CREATE TABLE rebuilt (
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
     unstopped INTEGER,                -- processes that could not be stopped, once the others stand still
     PRIMARY KEY (job, attempt),
     CONSTRAINT attempts_ended CHECK ((finished_at IS NULL) = (outcome IS NULL))
   ) STRICT, WITHOUT ROWID;

   INSERT INTO rebuilt SELECT job, attempt, token, supervisor, worker, host, ready_at, started_at, finished_at, outcome,
     exit_code, signal, error, started_by, adopted_from, paused_ms, unstopped FROM attempts;

   DROP TABLE attempts;

   ALTER TABLE rebuilt RENAME TO attempts;

   CREATE UNIQUE INDEX running ON attempts (supervisor, token) WHERE finished_at IS NULL;

   CREATE TABLE said (
     job INTEGER NOT NULL,
     attempt INTEGER NOT NULL,
     percent REAL CONSTRAINT said_percent CHECK (percent BETWEEN 0 AND 100),
     text TEXT,
     note TEXT,                        -- what is to be said of that
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

   ALTER TABLE figures ADD COLUMN snoozed INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE overall_figures ADD COLUMN snoozed INTEGER NOT NULL DEFAULT 0;`,
};
