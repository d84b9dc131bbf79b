/**
 * @module
 * What attempts print: pieces of a stream, each with its place in it. A piece that lies in the middle of a
 * stream that grew past its limit is dropped when the piece that pushed it out arrives.
 */
import type { Stream } from "../../domain/job.ts";
import type { OutputPiece, StoredOutput } from "../contract.ts";
import type { Database } from "./engine/database.ts";
import { findRow } from "./rows.ts";

const DROP = `
  DELETE FROM output
  WHERE job = ? AND attempt = ? AND stream = ? AND start >= ? AND start + length(bytes) <= ?`;
const STORE = "INSERT INTO output (job, attempt, stream, start, bytes, seen_at) VALUES (?, ?, ?, ?, ?, ?)";

/** Stores the next pieces of an attempt's output. */
export function storeOutput(
  db: Database,
  { job, attempt }: { job: number; attempt: number },
  pieces: readonly OutputPiece[],
): void {
  for (const { stream, start, bytes, seenAt, drop } of pieces) {
    if (drop) db.run(DROP, job, attempt, stream, drop.from, drop.to);
    db.run(STORE, job, attempt, stream, start, bytes, seenAt ?? null);
  }
}

/** The kept pieces after the piece `after`, in the order in which they were stored. */
export function output(
  db: Database,
  { id, attempt }: { id: string; attempt: number },
  { after = 0, limit = -1 }: { after?: number; limit?: number } = {},
): StoredOutput[] {
  const job = findRow(db, id);
  if (!job) return [];
  return db.all<
    { piece: number; stream: Stream; start: number; bytes: Uint8Array<ArrayBuffer>; seen_at: number | null }
  >(
    `SELECT piece, stream, start, bytes, seen_at FROM output
     WHERE job = ? AND attempt = ? AND piece > ? ORDER BY piece LIMIT ?`,
    job.seq,
    attempt,
    after,
    limit,
  ).map(({ piece, stream, start, bytes, seen_at }) => ({ piece, stream, start, bytes, seenAt: seen_at }));
}
