/**
 * @module
 * The heart of the store: a supervisor hands in what ended and takes what comes next, in one transaction.
 * Looking comes first and only reads, so that a supervisor with nothing to do costs no write.
 */
import type { ClaimedJob, Exchange, Exchanged } from "../store.ts";
import { claim, earliestDue, wakeDue } from "./claim.ts";
import { type Lane, lanes } from "./counts.ts";
import type { Database } from "./database.ts";
import { FigureTally } from "./figures.ts";
import { storeOutput } from "./output.ts";
import { settle } from "./settle.ts";

/** What a supervisor sees without changing anything, or undefined when there is something to be changed. */
export function look(db: Database, wanted: Exchange): Exchanged | undefined {
  if (wanted.settlements.length > 0 || wanted.output.length > 0) return undefined;
  const nextDueAt = earliestDue(db);
  if (nextDueAt !== null && nextDueAt <= wanted.now) return undefined;
  const open = openLanes(db, wanted);
  const canClaim = wanted.free.length > 0 && open.some(({ room }) => room > 0) &&
    hostOf(db, wanted) !== undefined;
  return canClaim ? undefined : { claimed: [], refused: [], nextDueAt, waiting: anyWaiting(open) };
}

/** Settles, stores output, wakes due jobs and claims. To be called in a write transaction. */
export function exchange(db: Database, wanted: Exchange): { exchanged: Exchanged; changed: boolean } {
  const { supervisor, now, settlements, output } = wanted;
  const figures = new FigureTally();
  const tooLate = [
    ...storeOutputs(db, wanted),
    ...settle(db, settlements, { supervisor, figures }),
  ];
  figures.store(db, now);
  const woken = wakeDue(db, now);
  const claimed = claimNext(db, wanted);
  const open = openLanes(db, wanted);
  return {
    exchanged: {
      claimed,
      refused: [...new Set(tooLate)],
      nextDueAt: earliestDue(db),
      waiting: anyWaiting(open),
    },
    changed: settlements.length + output.length > tooLate.length || woken > 0 || claimed.length > 0,
  };
}

function claimNext(db: Database, wanted: Exchange): ClaimedJob[] {
  const { supervisor, now, free } = wanted;
  const host = hostOf(db, wanted);
  if (host === undefined || free.length === 0) return [];
  return claim(db, { supervisor, host, now, free, lanes: openLanes(db, wanted) });
}

function openLanes(db: Database, { queues }: Exchange): Lane[] {
  return lanes(db, queues).filter(({ paused }) => !paused);
}

/** The host of the supervisor, or undefined when it is not registered: then it may not claim anything. */
function hostOf(db: Database, { supervisor }: Exchange): string | undefined {
  return db.get<{ host: string }>("SELECT host FROM supervisors WHERE id = ?", supervisor)?.host;
}

const RUNNING =
  "SELECT job, attempt FROM attempts WHERE supervisor = ? AND token = ? AND finished_at IS NULL";

/** Stores output and returns the tokens that were not running attempts of this supervisor. */
function storeOutputs(db: Database, { supervisor, output }: Exchange): string[] {
  return output.filter(({ token, pieces }) => {
    const attempt = db.get<{ job: number; attempt: number }>(RUNNING, supervisor, token);
    if (attempt) storeOutput(db, attempt, pieces);
    return !attempt;
  }).map(({ token }) => token);
}

function anyWaiting(open: readonly Lane[]): boolean {
  return open.some(({ waiting }) => waiting > 0);
}
