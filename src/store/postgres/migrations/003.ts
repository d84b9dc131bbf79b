/**
 * @module
 * Jobs that need others; see `needs.ts`. Whatever ends a job that others need, or lets it run again, leaves a row in `ended`
 * in the same transaction, which is worked off afterwards (`working_off.ts`).
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 3,
  sql: `
ALTER TABLE queuectl.jobs DROP CONSTRAINT jobs_state, DROP CONSTRAINT jobs_held,
  ADD CONSTRAINT jobs_state CHECK (
    state IN ('blocked', 'pending', 'scheduled', 'completed', 'failed', 'dead', 'cancelled', 'skipped')),
  ADD CONSTRAINT jobs_held CHECK (NOT held OR state IN ('blocked', 'pending', 'scheduled', 'failed', 'skipped')),
  ADD COLUMN skipped_for text CONSTRAINT jobs_skipped_for CHECK (skipped_for IN ('failed', 'called_off', 'unneeded')),
  ADD COLUMN needed boolean NOT NULL DEFAULT false;   -- others need it, or did

DROP INDEX queuectl.jobs_prunable;
CREATE INDEX jobs_prunable ON queuectl.jobs (finished_at, queue, seq)
  WHERE state IN ('completed', 'cancelled', 'skipped');

ALTER TABLE queuectl.counts DROP CONSTRAINT counts_state, ADD CONSTRAINT counts_state CHECK (
  state IN ('blocked', 'pending', 'scheduled', 'processing', 'completed', 'failed', 'dead', 'cancelled', 'skipped'));

CREATE TABLE queuectl.needy (
  job bigint CONSTRAINT needy_pkey PRIMARY KEY,
  "any" boolean NOT NULL,                 -- one need that is met is enough
  bound boolean NOT NULL DEFAULT true,    -- until it starts, its needs decide
  open integer NOT NULL,                  -- needs that are not decided
  met integer NOT NULL,
  failed integer NOT NULL,                -- as all that follow, can no longer be met
  called_off integer NOT NULL,
  unneeded integer NOT NULL,
  CONSTRAINT needy_counts CHECK (open >= 0 AND met >= 0 AND failed >= 0 AND called_off >= 0 AND unneeded >= 0)
) WITH (fillfactor = 80);

CREATE TABLE queuectl.needs (
  job bigint NOT NULL,
  needs bigint NOT NULL,                  -- the number of a job, which may be gone
  name text COLLATE "C",                  -- what that was called, where it was not j<seq>
  wanting text NOT NULL CONSTRAINT needs_wanting CHECK (wanting IN ('completed', 'failed', 'ended')),
  decided text CONSTRAINT needs_decided CHECK (decided IN ('met', 'failed', 'called_off', 'unneeded')),
  CONSTRAINT needs_pkey PRIMARY KEY (job, needs)
) WITH (fillfactor = 80);

CREATE INDEX needs_on ON queuectl.needs (needs, job);

CREATE TABLE queuectl.ended (
  turn bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT ended_pkey PRIMARY KEY,
  job bigint NOT NULL,                    -- has ended, runs again after that, or is gone
  state text,                             -- how it had ended, where it is gone
  skipped_for text,
  again boolean NOT NULL DEFAULT false,   -- those that need it run again, too
  after bigint NOT NULL DEFAULT 0         -- up to this number, those that need it were told
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX ended_of ON queuectl.ended (job);

CREATE FUNCTION queuectl.note_end_1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO queuectl.ended (job) VALUES (NEW.seq);
  RETURN NULL;
END $$;

CREATE TRIGGER job_ended AFTER UPDATE OF state, skipped_for ON queuectl.jobs FOR EACH ROW
  WHEN (NEW.needed AND (NEW.skipped_for IS DISTINCT FROM OLD.skipped_for
    OR (NEW.state IN ('completed', 'dead', 'cancelled', 'skipped'))
    <> (OLD.state IN ('completed', 'dead', 'cancelled', 'skipped'))))
  EXECUTE FUNCTION queuectl.note_end_1();

CREATE FUNCTION queuectl.note_removal_1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state IN ('completed', 'dead', 'cancelled', 'skipped') THEN
    UPDATE queuectl.ended SET state = OLD.state, skipped_for = OLD.skipped_for WHERE job = OLD.seq;
  ELSE
    UPDATE queuectl.ended SET state = 'cancelled', skipped_for = NULL WHERE job = OLD.seq;
    INSERT INTO queuectl.ended (job, state) VALUES (OLD.seq, 'cancelled');
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER needed_job_deleted AFTER DELETE ON queuectl.jobs FOR EACH ROW WHEN (OLD.needed)
  EXECUTE FUNCTION queuectl.note_removal_1();

-- Whether anybody is to be told anything; it sees what was done before it in the same statement.
CREATE FUNCTION queuectl.to_be_told_1() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM queuectl.ended);
END $$;
`,
};
