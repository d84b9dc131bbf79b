/**
 * @module
 * Groups of jobs, as counters; see `groups.ts`. New jobs are counted by whoever inserts them; whatever ends one, or lets it
 * run again, counts it here. Where others need a group, it stands among what they need by its number, negative; its end,
 * and its going on after that, leave a row in `ended` as those of a job do.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `ALTER TABLE jobs ADD COLUMN in_group TEXT;

   CREATE INDEX by_group ON jobs (in_group, seq) WHERE in_group IS NOT NULL;

   CREATE TABLE groups (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     name TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     changed_at INTEGER NOT NULL,      -- when it was sealed, or a job of it ended last
     sealed INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_sealed CHECK (sealed IN (0, 1)),
     max_failures INTEGER,             -- with so many dead jobs the waiting ones are called off
     stopping INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_stopping CHECK (stopping IN (0, 1)),  -- they are to be
     needed INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_needed CHECK (needed IN (0, 1)),  -- others need it, or did
     open INTEGER NOT NULL CONSTRAINT groups_open CHECK (open >= 0),  -- jobs that have not ended, staged ones included
     -- jobs that have ended, by how; also where they are gone
     completed INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_completed CHECK (completed >= 0),
     dead INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_dead CHECK (dead >= 0),
     cancelled INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_cancelled CHECK (cancelled >= 0),
     skipped_failed INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_skipped_failed CHECK (skipped_failed >= 0),
     skipped_called_off INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_skipped_called_off CHECK (skipped_called_off >= 0),
     skipped_unneeded INTEGER NOT NULL DEFAULT 0 CONSTRAINT groups_skipped_unneeded CHECK (skipped_unneeded >= 0)
   ) STRICT;

   CREATE UNIQUE INDEX groups_name ON groups (name);

   CREATE INDEX groups_to_stop ON groups (id) WHERE stopping = 1;

   CREATE TRIGGER group_counts AFTER UPDATE OF state, skipped_for ON jobs
   WHEN NEW.in_group IS NOT NULL AND (NEW.state IN ('completed', 'dead', 'cancelled', 'skipped')
     OR OLD.state IN ('completed', 'dead', 'cancelled', 'skipped')) BEGIN
     UPDATE groups SET
      open = open + (NEW.state NOT IN ('completed', 'dead', 'cancelled', 'skipped'))
        - (OLD.state NOT IN ('completed', 'dead', 'cancelled', 'skipped')),
      completed = completed + (NEW.state = 'completed') - (OLD.state = 'completed'),
      dead = dead + (NEW.state = 'dead') - (OLD.state = 'dead'),
      cancelled = cancelled + (NEW.state = 'cancelled') - (OLD.state = 'cancelled'),
      skipped_failed = skipped_failed + (NEW.skipped_for IS 'failed') - (OLD.skipped_for IS 'failed'),
      skipped_called_off = skipped_called_off + (NEW.skipped_for IS 'called_off') - (OLD.skipped_for IS 'called_off'),
      skipped_unneeded = skipped_unneeded + (NEW.skipped_for IS 'unneeded') - (OLD.skipped_for IS 'unneeded'),
      stopping = CASE WHEN NEW.state = 'dead' AND OLD.state <> 'dead' AND dead + 1 >= max_failures THEN 1 ELSE stopping END,
      changed_at = max(changed_at, coalesce(NEW.finished_at, 0))
     WHERE name = NEW.in_group;
   END;

   CREATE TRIGGER group_loses_job AFTER DELETE ON jobs
   WHEN OLD.in_group IS NOT NULL AND OLD.state NOT IN ('completed', 'dead', 'cancelled', 'skipped') BEGIN
     UPDATE groups SET open = open - 1, cancelled = cancelled + 1 WHERE name = OLD.in_group;
   END;

   CREATE TRIGGER group_ended AFTER UPDATE OF sealed, open, dead, cancelled, skipped_failed, skipped_called_off ON groups
   WHEN NEW.needed = 1 AND (NEW.sealed = 1 AND NEW.open = 0 OR OLD.sealed = 1 AND OLD.open = 0) BEGIN
     INSERT INTO ended (job) VALUES (-NEW.id);
   END;`,
};
