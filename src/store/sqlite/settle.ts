/**
 * @module
 * Recording how attempts ended and moving their jobs on. Only an attempt that still runs under the given
 * supervisor can be settled: a late result of one that lost its claim changes nothing.
 */
import type { Outcome, State } from "../../domain/job.ts";
import type { Settlement } from "../contract.ts";
import type { FigureTally } from "../rules/figure_tally.ts";
import { countAttempt, type Move, moveOf, notProcessing } from "../rules/settling.ts";
import type { Database } from "./engine/database.ts";
import { giveBack, giveBackUnits } from "./gates.ts";

/** Who settles, and where that is counted. */
export interface By {
  supervisor: string;
  /** To be stored at the end of the transaction. */
  figures: FigureTally;
}

/** Settles attempts. Returns the tokens that were not running attempts of this supervisor. */
export function settle(db: Database, settlements: readonly Settlement[], by: By): string[] {
  const left = settlements.length > 0 && db.get(ANY_SUBLANE) ? new Map<number, number>() : undefined;
  const settling = { ...by, left };
  const refused = settlements.filter((settlement) => !settleOne(db, settlement, settling));
  if (left) giveBackUnits(db, left);
  return refused.map(({ token }) => token);
}

interface Settling extends By {
  /** How many jobs have left their sub-lane, by its number: what they took is given back. Undefined where there is none. */
  left: Map<number, number> | undefined;
}

const ANY_SUBLANE = "SELECT 1 FROM sublanes LIMIT 1";

function settleOne(db: Database, settlement: Settlement, by: Settling): boolean {
  const { outcome } = settlement;
  const move = moveOf(settlement);
  return outcome === "unstarted"
    ? undo(db, { ...settlement, move }, by)
    : end(db, { ...settlement, outcome, move }, by);
}

const STATE = "CASE WHEN cancel_requested = 1 THEN ? ELSE ? END";
const HELD = "CASE WHEN paused_at IS NULL OR cancel_requested = 1 THEN 0 ELSE ? END";
/** What is left of a pause when its attempt ends. */
const PAUSED_MS = "paused_ms + coalesce((SELECT max(0, ? - paused_at) FROM jobs WHERE seq = job), 0)";

const END_ATTEMPT = `
  UPDATE attempts SET
    started_at = coalesce(?, started_at), finished_at = ?, outcome = ?, exit_code = ?, signal = ?, error = ?, cpu_ms = ?,
    paused_ms = ${PAUSED_MS}, unstopped = NULL
  WHERE supervisor = ? AND token = ? AND finished_at IS NULL
  RETURNING job, attempt, ready_at, started_at`;
const END_IN_LANES = `${END_ATTEMPT}, (SELECT lane FROM jobs WHERE seq = job) AS lane`;

const MOVE_JOB = `
  UPDATE jobs SET
    state = ${STATE}, run_at = coalesce(?, run_at), attempts = attempts - ?, started_at = ?,
    finished_at = ?, exit_code = ?, signal = ?, error = ?, cancel_requested = 0,
    held = ${HELD}, paused_at = NULL,
    lane = CASE WHEN lane > 0 AND ${STATE} THEN -1 ELSE lane END
  WHERE seq = ? AND last_attempt = ? AND state = 'processing'
  RETURNING queue, state`;

interface EndedRow {
  job: number;
  attempt: number;
  ready_at: number;
  started_at: number;
  lane?: number;
}

/** Ends an attempt that began. */
function end(
  db: Database,
  { token, startedAt, finishedAt, outcome, exitCode, signal, error, cpuMs = null, move }: Settlement & {
    outcome: Outcome;
    move: Move;
  },
  { supervisor, figures, left }: Settling,
): boolean {
  const result = [exitCode, signal, error];
  const row = db.get<EndedRow>(
    left ? END_IN_LANES : END_ATTEMPT,
    startedAt,
    finishedAt,
    outcome,
    ...result,
    cpuMs,
    finishedAt,
    supervisor,
    token,
  );
  if (!row) return false;
  const moved = db.get<{ queue: string; state: State }>(
    MOVE_JOB,
    move.stateIfCalledOff,
    move.state,
    move.runAt,
    move.uncounted,
    row.started_at,
    finishedAt,
    ...result,
    move.heldIfPaused ? 1 : 0,
    move.stateIfCalledOff !== "pending" ? 1 : 0, // what triggers would do, at a price
    move.state !== "pending" ? 1 : 0,
    row.job,
    row.attempt,
  );
  if (!moved) throw notProcessing(row.job);
  const { queue, state } = moved;
  const { lane = 0 } = row;
  if (left && lane > 0 && state !== "pending") left.set(lane, (left.get(lane) ?? 0) + 1);
  const ended = { outcome, state, readyAt: row.ready_at, startedAt: row.started_at, finishedAt, cpuMs };
  countAttempt(figures.of(queue), ended);
  return true;
}

const FORGET_ATTEMPT = `
  DELETE FROM attempts WHERE supervisor = ? AND token = ? AND finished_at IS NULL RETURNING job, attempt, started_at`;

/** What a job says of its latest attempt is again what the one before said, unless it started afresh since. */
const UNCLAIM_JOB = `
  UPDATE jobs SET
    state = ${STATE}, attempts = attempts - ?, last_attempt = last_attempt - 1, cancel_requested = 0,
    held = ${HELD}, paused_at = NULL,
    (started_at, finished_at, exit_code, signal, error, worker) = (
      SELECT a.started_at, a.finished_at, a.exit_code, a.signal, a.error, a.worker FROM attempts a
      WHERE a.job = jobs.seq AND a.attempt = jobs.last_attempt - 1 AND jobs.attempts > 1)
  WHERE seq = ? AND last_attempt = ? AND state = 'processing'
  RETURNING state, lane`;

/** Undoes an attempt that never began, as if its job had not been claimed. */
function undo(
  db: Database,
  { token, finishedAt, move }: Settlement & { move: Move },
  { supervisor }: By,
): boolean {
  const forgotten = db.get<{ job: number; attempt: number; started_at: number }>(
    FORGET_ATTEMPT,
    supervisor,
    token,
  );
  if (!forgotten) return false;
  const { job, attempt } = forgotten;
  const { stateIfCalledOff, state, uncounted, heldIfPaused } = move;
  const moved = db.get<{ state: State; lane: number }>(
    UNCLAIM_JOB,
    stateIfCalledOff,
    state,
    uncounted,
    heldIfPaused ? 1 : 0,
    job,
    attempt,
  );
  if (!moved) throw notProcessing(job);
  if (moved.lane > 0) giveBack(db, moved.lane, forgotten.started_at);
  if (moved.state === "cancelled") db.run("UPDATE jobs SET finished_at = ? WHERE seq = ?", finishedAt, job);
  return true;
}
