/**
 * @module
 * The heart of the store: a supervisor hands in what ended and takes what comes next, in one transaction.
 * Looking comes first and only reads, so that a supervisor with nothing to do costs no write.
 */
import type { Exchange, Exchanged } from "../contract.ts";
import { raiseAged } from "./aging.ts";
import { answerTo } from "../rules/exchanging.ts";
import { FigureTally } from "../rules/figure_tally.ts";
import { claim, type Claimed } from "./claim.ts";
import { nameDead } from "./dead.ts";
import { EARLIEST_DUE, earliestDue, wakeDue } from "./due.ts";
import type { Database } from "./engine/database.ts";
import { storeFigures } from "./figures.ts";
import { EARLIEST_ROOM, earliestRoom } from "./gates.ts";
import { forgetOld } from "./forgetting.ts";
import { anyWaiting, openLanes } from "./lanes.ts";
import { anySublane } from "./open_sublanes.ts";
import { storeOutput } from "./output.ts";
import { storeSaid } from "./said.ts";
import { settle } from "./settle.ts";
import { ANY_UNLAID, anyUnlaid } from "./sublanes.ts";
import { isToBeTold, workOff } from "./working_off.ts";

export { brings } from "../rules/exchanging.ts";

/** What a supervisor that brings nothing sees without changing anything, or undefined when there is something to be changed. */
export function look(db: Database, wanted: Exchange): Exchanged | undefined {
  if (isToBeTold(db)) return undefined;
  const nextDueAt = earliestDue(db);
  if (nextDueAt !== null && nextDueAt <= wanted.now) return undefined;
  const { free, queues } = wanted;
  const mayClaim = free.length > 0 && anyOpen(db, wanted) && hostOf(db, wanted) !== undefined;
  if (mayClaim) return undefined;
  const waiting = anyWaiting(db, queues, nextDueAt !== null);
  return { claimed: [], refused: [], nextDueAt: earlier(nextDueAt, earliestRoom(db)), waiting };
}

function anyOpen(db: Database, { queues, now }: Exchange): boolean {
  return openLanes(db, queues, 1).length > 0 || anySublane(db, queues, now) || anyUnlaid(db);
}

function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? one ?? other : Math.min(one, other);
}

/** When the next job is due, and when a gate at which somebody waits may have room. */
const NEXT = `SELECT (${EARLIEST_DUE}) AS dueAt, (${EARLIEST_ROOM}) AS roomAt`;

/** Settles, stores output, tells some jobs, wakes due ones and claims. To be called in a write transaction. */
export function exchange(
  db: Database,
  wanted: Exchange,
): { exchanged: Exchanged; changed: boolean; moreToTell: boolean } {
  const { supervisor, now, settlements, queues } = wanted;
  const figures = new FigureTally();
  if (wanted.said) storeSaid(db, supervisor, wanted.said);
  const refused = [
    ...storeOutputs(db, wanted),
    ...settle(db, settlements, { supervisor, figures }),
  ];
  const dead = settlements.filter(({ state }) => state === "dead").length;
  if (dead > 0) nameDead(db, dead);
  const { told, more: moreToTell } = workOff(db, now);
  storeFigures(db, figures, now);
  forgetOld(db, now);
  const woken = wakeDue(db, now);
  const { jobs: claimed, more } = claimNext(db, wanted);
  const { dueAt, roomAt } = db.get<{ dueAt: number | null; roomAt: number | null }>(NEXT)!;
  const anyWaits = claimed.length > 0 || moreToTell || anyWaiting(db, queues, dueAt !== null);
  const answer = answerTo(wanted, {
    claimed,
    more: more || moreToTell,
    refused,
    woken: woken + told,
    dueAt: earlier(dueAt, roomAt),
    anyWaits,
  });
  return { ...answer, moreToTell };
}

/** The host of a supervisor that is registered; and whether there is anything but lanes of queues, or aging: both are seldom. */
const CLAIMER = `
  SELECT host, EXISTS (SELECT 1 FROM sublanes) OR ${ANY_UNLAID} AS limited,
    EXISTS (SELECT 1 FROM queues WHERE aging_ms IS NOT NULL) AS aging FROM supervisors WHERE id = ?`;

function claimNext(db: Database, wanted: Exchange): Claimed {
  const { supervisor, now, free, queues, ahead = 0 } = wanted;
  const claimer = free.length === 0
    ? undefined
    : db.get<{ host: string; limited: number; aging: number }>(CLAIMER, supervisor);
  if (!claimer) return { jobs: [], more: false };
  const { host, limited, aging } = claimer;
  if (aging === 1) raiseAged(db, free.length);
  return claim(db, { supervisor, host, now, free, ahead, queues, limited: limited === 1 });
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
