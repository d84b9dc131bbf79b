/**
 * @module
 * Requests that may be sent twice enqueue once.
 */
import type { Step } from "./step.ts";

/** Released: never changed. */
export const step: Step = {
  sql: `CREATE TABLE requests (
     key TEXT PRIMARY KEY,
     fingerprint TEXT NOT NULL,          -- of what was asked for
     ids TEXT NOT NULL,                  -- a JSON array: what it gave
     made_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;

   CREATE INDEX requests_by_age ON requests (made_at);`,
};
