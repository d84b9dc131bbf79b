/**
 * @module
 * What jobs read on their stdin: a row for each that has one, which goes with its job. Invariant: `jobs.stdin_size` says
 * whether there is one and how large it is, so that nobody looks for it in vain; a job whose stdin is not that is not run.
 */
import type { Database } from "./engine/database.ts";
import { findRow, type JobRow } from "./rows.ts";

const READ = "SELECT bytes FROM inputs WHERE job = ?";

/** What a job reads; null is nothing, undefined that it cannot be read. */
export function readStdin(
  db: Database,
  { seq, stdin_size: size }: Pick<JobRow, "seq" | "stdin_size">,
): Uint8Array | null | undefined {
  if (size === null) return null;
  const bytes = db.get<{ bytes: unknown }>(READ, seq)?.bytes;
  return bytes instanceof Uint8Array && bytes.length === size ? bytes : undefined;
}

/** What a job reads; undefined when that is nothing, or it cannot be read, or there is no such job. */
export function stdinOf(db: Database, id: string): Uint8Array | undefined {
  const row = findRow(db, id);
  return row && (readStdin(db, row) ?? undefined);
}
