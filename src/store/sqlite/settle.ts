/**
 * @module
 * Recording how attempts ended and moving their jobs on. Only an attempt that still runs under the given
 * supervisor can be settled: a late result of one that lost its claim changes nothing.
 */
import { addValue, OUTCOME_FIGURE } from "../../figures.ts";
import { type State, TRANSITIONS } from "../../job.ts";
import type { Settlement } from "../store.ts";
import type { Database } from "./database.ts";
import type { FigureTally } from "./figures.ts";

const END_ATTEMPT = `
  UPDATE attempts SET finished_at = ?, outcome = ?, exit_code = ?, signal = ?, error = ?
  WHERE supervisor = ? AND token = ? AND finished_at IS NULL
  RETURNING job, attempt, started_at, worker`;

/** A job whose cancelling was asked for does not go on waiting, and is not dead either. */
const CALLED_OFF: readonly State[] = ["pending", "failed", "dead"];

const MOVE_JOB = `
  UPDATE jobs SET
    state = CASE WHEN cancel_requested = 1 AND ? THEN 'cancelled' ELSE ? END,
    run_at = coalesce(?, run_at), attempts = attempts - ?, finished_at = ?, exit_code = ?, signal = ?,
    error = ?, started_at = ?, worker = ?, cancel_requested = 0
  WHERE seq = ? AND last_attempt = ? AND state = 'processing'
  RETURNING queue, state`;

/** Settles attempts. Returns the tokens that were not running attempts of this supervisor. */
export function settle(
  db: Database,
  settlements: readonly Settlement[],
  { supervisor, figures }: { supervisor: string; figures: FigureTally },
): string[] {
  return settlements.filter((one) => !settleOne(db, one, { supervisor, figures })).map(({ token }) => token);
}

function settleOne(
  db: Database,
  settlement: Settlement,
  { supervisor, figures }: { supervisor: string; figures: FigureTally },
): boolean {
  const { token, finishedAt, outcome, exitCode, signal, error, state } = settlement;
  if (!TRANSITIONS.processing.includes(state)) throw new Error(`An attempt cannot make its job ${state}`);
  const ended = db.get<{ job: number; attempt: number; started_at: number; worker: string }>(
    END_ATTEMPT,
    finishedAt,
    outcome,
    exitCode,
    signal,
    error,
    supervisor,
    token,
  );
  if (!ended) return false;
  const moved = db.get<{ queue: string; state: State }>(
    MOVE_JOB,
    CALLED_OFF.includes(state) ? 1 : 0,
    state,
    settlement.runAt ?? (state === "pending" ? finishedAt : null),
    outcome === "released" ? 1 : 0,
    finishedAt,
    exitCode,
    signal,
    error,
    ended.started_at,
    ended.worker,
    ended.job,
    ended.attempt,
  );
  if (!moved) throw new Error(`Job number ${ended.job} has a running attempt but is not processing`);
  count(settlement, { ...moved, startedAt: ended.started_at }, figures);
  return true;
}

function count(
  { outcome, finishedAt }: Settlement,
  { queue, state, startedAt }: { queue: string; state: State; startedAt: number },
  tally: FigureTally,
): void {
  const key = OUTCOME_FIGURE[outcome];
  if (key === undefined) return;
  const figures = tally.of(queue);
  figures[key] += 1;
  if (outcome !== "lost") addValue(figures.runMs, finishedAt - startedAt);
  if (state === "failed") figures.retried += 1;
  if (state === "dead") figures.dead += 1;
}
