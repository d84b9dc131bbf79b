/**
 * @module
 * What an exchange comes to: whether there is anything to be done, and what its supervisor is told. Pure.
 */
import type { ClaimedJob, Exchange, Exchanged } from "../contract.ts";

/** Whether an exchange has something to write whatever is stored. */
export function brings({ settlements, output, said = [] }: Exchange): boolean {
  return settlements.length > 0 || output.length > 0 || said.length > 0;
}

/** What was done in an exchange. */
export interface Done {
  claimed: ClaimedJob[];
  /** There may be more to claim. */
  more: boolean;
  /** Tokens that were not running attempts of the supervisor, of settlements and output. */
  refused: string[];
  /** Jobs that became pending. */
  woken: number;
  /** The earliest `runAt` of a job that waits for its time, now; null when there is none. */
  dueAt: number | null;
  /** Whether jobs wait now that the supervisor could be given some time. */
  anyWaits: boolean;
}

/** What the supervisor is told, and whether anything changed that others may wait for. */
export function answerTo(
  { now, settlements, output, said = [] }: Exchange,
  { claimed, more, refused, woken, dueAt, anyWaits }: Done,
): { exchanged: Exchanged; changed: boolean } {
  return {
    exchanged: {
      claimed,
      refused: [...new Set(refused)],
      nextDueAt: more ? Math.min(dueAt ?? now, now) : dueAt,
      waiting: claimed.length > 0 || anyWaits,
    },
    changed: settlements.length + output.length > refused.length || said.length > 0 || woken > 0 ||
      claimed.length > 0,
  };
}
