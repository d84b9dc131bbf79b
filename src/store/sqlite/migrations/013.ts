/**
 * @module
 * Jobs with a key, of which one at a time waits or runs; see `keyed.ts`. Of very many that are enqueued at once, the keys
 * stand apart until they are moved.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: `ALTER TABLE jobs ADD COLUMN unique_key TEXT;
   ALTER TABLE jobs ADD COLUMN key_lost INTEGER NOT NULL DEFAULT 0  -- another job has had its key since
     CONSTRAINT jobs_key_lost CHECK (key_lost IN (0, 1));

   CREATE INDEX keys ON jobs (unique_key, seq) WHERE unique_key IS NOT NULL AND key_lost = 0;

   CREATE INDEX by_key ON jobs (unique_key, seq) WHERE unique_key IS NOT NULL;

   CREATE TABLE staged_keys (
     key TEXT NOT NULL,
     batch TEXT NOT NULL REFERENCES batches ON DELETE CASCADE,
     at INTEGER NOT NULL,              -- where the job stands in its batch
     PRIMARY KEY (key, batch)
   ) STRICT, WITHOUT ROWID;`,
};
