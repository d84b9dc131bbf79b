/**
 * @module
 * Jobs say how far they are, leave results and checkpoints, put themselves off, and say which of their ends are worth
 * another attempt; see `said.ts`. A program that does not know this would run them as if they had not said it.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 4,
  sql: `
ALTER TABLE queuectl.jobs
  ADD COLUMN policy text,                 -- a JSON object; NULL is none
  ADD COLUMN checkpoint_size bigint,      -- bytes in checkpoints; NULL is none
  ADD COLUMN snoozed_since bigint;        -- NULL when the latest attempt did not put it off

ALTER TABLE queuectl.attempts DROP CONSTRAINT attempts_outcome, ADD CONSTRAINT attempts_outcome CHECK (
  outcome IN ('completed', 'failed', 'timed_out', 'idle', 'cancelled', 'lost', 'snoozed', 'released'));

CREATE TABLE queuectl.said (
  job bigint NOT NULL,
  attempt integer NOT NULL,
  percent double precision CONSTRAINT said_percent CHECK (percent BETWEEN 0 AND 100),
  text text,
  note text,                              -- what is to be said of that
  CONSTRAINT said_pkey PRIMARY KEY (job, attempt)
) WITH (fillfactor = 50);

CREATE TABLE queuectl.results (
  job bigint NOT NULL,
  attempt integer NOT NULL,
  bytes bytea NOT NULL,
  CONSTRAINT results_pkey PRIMARY KEY (job, attempt)
);

CREATE TABLE queuectl.checkpoints (
  job bigint CONSTRAINT checkpoints_pkey PRIMARY KEY,
  bytes bytea NOT NULL
);

ALTER TABLE queuectl.figures ADD COLUMN snoozed bigint NOT NULL DEFAULT 0;
`,
};
