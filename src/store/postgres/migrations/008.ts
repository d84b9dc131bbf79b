/**
 * @module
 * Schedules, and what became of their slots; see `schedules.ts` and `firing.ts`. Programs that do not know them go on
 * working; they fire none.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 6,
  sql: `
CREATE TABLE queuectl.schedules (
  name text COLLATE "C" NOT NULL CONSTRAINT schedules_pkey PRIMARY KEY,
  expression text NOT NULL,
  zone text NOT NULL,                     -- its name, never an offset
  missed text NOT NULL CONSTRAINT schedules_missed CHECK (missed IN ('once', 'skip', 'all')),
  overlap text NOT NULL CONSTRAINT schedules_overlap CHECK (overlap IN ('skip', 'queue', 'replace', 'allow')),
  jitter_ms bigint NOT NULL CONSTRAINT schedules_jitter CHECK (jitter_ms >= 0),
  job text NOT NULL,                      -- a JSON object, as enqueue takes it
  paused boolean NOT NULL,
  since bigint NOT NULL,                  -- where "every" counts from
  created_at bigint NOT NULL,
  next_slot bigint,                       -- the first of which nothing is decided; null while paused, or when none comes
  next_at bigint,                         -- when it is due
  last_slot bigint,                       -- no slot up to here is decided again
  revision bigint NOT NULL,               -- one more with each change
  runs bigint NOT NULL                    -- rows there ever were in schedule_runs
) WITH (fillfactor = 70);

CREATE INDEX schedules_due ON queuectl.schedules (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE queuectl.schedule_runs (
  schedule text COLLATE "C" NOT NULL,
  nth bigint NOT NULL,
  kind text NOT NULL CONSTRAINT schedule_runs_kind CHECK (kind IN ('on_time', 'late', 'manual', 'missed', 'skipped')),
  slot bigint NOT NULL,                   -- or the first of several
  until bigint NOT NULL,                  -- the last of them
  n bigint,                               -- how many; null is very many
  at bigint NOT NULL,                     -- when that was decided
  job bigint,                             -- the number of the job, which may be gone
  CONSTRAINT schedule_runs_pkey PRIMARY KEY (schedule, nth)
);
`,
};
