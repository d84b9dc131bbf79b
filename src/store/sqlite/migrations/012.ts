/**
 * @module
 * Schedules, and what became of their slots; see `schedules.ts` and `firing.ts`.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `CREATE TABLE schedules (
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
   ) STRICT, WITHOUT ROWID;`,
};
