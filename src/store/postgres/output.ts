/**
 * @module
 * What attempts print: pieces of a stream, each with its place in it. They are stored by exchanges.
 */
import type { StoredOutput } from "../contract.ts";
import type { Database } from "./engine/database.ts";
import { HAS_ID, idValues } from "./rows.ts";

const PIECES = `
  SELECT o.piece, o.stream, o.start, o.bytes, o.seen_at AS "seenAt" FROM queuectl.jobs j
  JOIN queuectl.output o ON o.job = j.seq AND o.attempt = $3 AND o.piece > $4
  WHERE ${HAS_ID} ORDER BY o.piece LIMIT $5`;

/** The kept pieces after the piece `after`, in the order in which they were stored. */
export async function output(
  db: Database,
  { id, attempt }: { id: string; attempt: number },
  { after = 0, limit }: { after?: number; limit?: number } = {},
): Promise<StoredOutput[]> {
  const rows = await db.read<StoredOutput>(
    PIECES,
    ...idValues(id),
    attempt,
    after,
    limit ?? null,
  );
  // a part of a buffer that the driver shares must not be handed on
  return rows.map(({ bytes, ...row }) => ({ ...row, bytes: new Uint8Array(bytes) }));
}
