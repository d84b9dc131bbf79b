/**
 * @module
 * What has become of an exchange whose answer was lost. Invariant: once that was asked for, one that has not happened
 * never will, since its number is taken.
 */
import type { Exchange, Exchanged } from "../contract.ts";
import type { Database } from "./engine/database.ts";
import type { Answer, ClaimedRow } from "./exchange_call.ts";

/** Who asks waits for an answer so long, in ms, before asking again over another connection. */
const ASK_LIMIT_MS = 5000;

/** The number that an exchange had found, or has left. Where it did not happen, the next one is taken: then it never will. */
const RAISE = `
  WITH before AS MATERIALIZED (SELECT n, refused FROM queuectl.exchanges WHERE supervisor = $1 FOR UPDATE),
  raised AS (
    UPDATE queuectl.exchanges e SET n = $2::bigint + 1, refused = NULL
    FROM before WHERE e.supervisor = $1 AND before.n = $2::bigint - 1)
  SELECT n, refused FROM before`;
const CLAIMED = `
  SELECT j.*, r.token, r.units::json AS units, r.worker AS worker_of_attempt, EXISTS (SELECT 1 FROM queuectl.needy y WHERE y.job = j.seq) AS needy
  FROM queuectl.running r JOIN queuectl.jobs j ON j.seq = r.job
  WHERE r.supervisor = $1 AND r.exchange = $2 ORDER BY j.priority, j.seq`;
const REST = `
  WITH due AS MATERIALIZED (
    SELECT min(run_at) AS at FROM queuectl.jobs WHERE state IN ('scheduled', 'failed') AND NOT held)
  SELECT due.at AS due, queuectl.waits_13($1::text[], coalesce($1::text[], queuectl.lanes_13()), due.at) AS waits FROM due`;

/** What was found of an exchange. */
export interface Past {
  /** The number that the next exchange follows; undefined when the supervisor has been taken over or is gone. */
  latest: number | undefined;
  /** What it answered; undefined when it did not happen. */
  answer: Answer | undefined;
}

/** Finds out whether the exchange of that number happened. */
export async function pastOf(
  db: Database,
  { supervisor, queues }: Exchange,
  number: number,
): Promise<Past> {
  const [before, claimed, rest] = await db.tryWrite([
    { sql: RAISE, values: [supervisor, number] },
    { sql: CLAIMED, values: [supervisor, number] },
    { sql: REST, values: [queues] },
  ], { limitMs: ASK_LIMIT_MS });
  const [row] = before!.rows as { n: number; refused: string[] | null }[];
  if (row?.n !== number) return { latest: row && number + 1, answer: undefined };
  const rows = claimed!.rows as unknown as (ClaimedRow & { needy: boolean })[];
  const needy = rows.filter(({ needy }) => needy).map(({ seq }) => seq);
  return {
    latest: number,
    answer: {
      number,
      refused: row.refused ?? [],
      claimed: rows.map((one, nth) => ({ ...one, nth: nth + 1 })),
      taken: rows.length,
      seen: rows.length,
      woken: 1,
      toBeTold: true,
      room: true,
      needy: needy.length > 0 ? needy : null,
      ...rest!.rows[0] as { due: number | null; waits: boolean },
    },
  };
}

/** What is left of an exchange that brings once more what an earlier one has brought, which turned out to have happened. */
export function restOf(wanted: Exchange, earlier: Exchange, { claimed, refused }: Exchanged): Exchange {
  const taken = (token: string) => !refused.includes(token);
  const settled = new Set(earlier.settlements.map(({ token }) => token).filter(taken));
  const stored = new Map<string, number>();
  for (const { token, pieces } of earlier.output.filter(({ token }) => taken(token))) {
    for (const { stream, start } of pieces) {
      stored.set(`${token} ${stream}`, Math.max(start, stored.get(`${token} ${stream}`) ?? 0));
    }
  }
  const free = [...wanted.free];
  for (const { worker, slots } of claimed) {
    for (let left = slots ?? 1; left > 0; left--) {
      const at = free.indexOf(worker);
      if (at >= 0) free.splice(at, 1);
    }
  }
  return {
    ...wanted,
    free,
    settlements: wanted.settlements.filter(({ token }) => !settled.has(token)),
    output: wanted.output
      .map(({ token, pieces }) => ({
        token,
        pieces: pieces.filter(({ stream, start }) => start > (stored.get(`${token} ${stream}`) ?? -1)),
      }))
      .filter(({ token, pieces }) => pieces.length > 0 && !settled.has(token)),
  };
}
