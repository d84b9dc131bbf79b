/**
 * @module
 * Recording how attempts ended and moving their jobs on. Only an attempt that still runs under the given
 * supervisor can be settled: a late result of one that lost its claim changes nothing.
 */
import { addValue, OUTCOME_FIGURE } from "../../domain/figures.ts";
import { type Outcome, type State, TRANSITIONS } from "../../domain/job.ts";
import type { Settlement } from "../contract.ts";
import type { Database } from "./engine/database.ts";
import type { FigureTally } from "./figures.ts";

/** Who settles, and where that is counted. */
export interface By {
  supervisor: string;
  /** To be stored at the end of the transaction. */
  figures: FigureTally;
}

/** Settles attempts. Returns the tokens that were not running attempts of this supervisor. */
export function settle(db: Database, settlements: readonly Settlement[], by: By): string[] {
  return settlements.filter((settlement) => !settleOne(db, settlement, by)).map(({ token }) => token);
}

function settleOne(db: Database, settlement: Settlement, by: By): boolean {
  const { outcome, state } = settlement;
  if (!TRANSITIONS.processing.includes(state)) throw new Error(`An attempt cannot make its job ${state}`);
  return outcome === "unstarted" ? undo(db, settlement, by) : end(db, { ...settlement, outcome }, by);
}

/** A job whose cancelling was asked for does not go on waiting, and is not dead either. */
const CALLED_OFF: readonly State[] = ["pending", "failed", "dead"];
const STATE = "CASE WHEN cancel_requested = 1 AND ? THEN 'cancelled' ELSE ? END";

function stateValues(state: State): [number, State] {
  return [CALLED_OFF.includes(state) ? 1 : 0, state];
}

const END_ATTEMPT = `
  UPDATE attempts SET
    started_at = coalesce(?, started_at), finished_at = ?, outcome = ?, exit_code = ?, signal = ?, error = ?
  WHERE supervisor = ? AND token = ? AND finished_at IS NULL
  RETURNING job, attempt, ready_at, started_at`;

const MOVE_JOB = `
  UPDATE jobs SET
    state = ${STATE}, run_at = coalesce(?, run_at), attempts = attempts - ?, started_at = ?,
    finished_at = ?, exit_code = ?, signal = ?, error = ?, cancel_requested = 0
  WHERE seq = ? AND last_attempt = ? AND state = 'processing'
  RETURNING queue, state`;

/** The settlement of an attempt that began. */
type Ended = Settlement & { outcome: Outcome };

interface EndedRow {
  job: number;
  attempt: number;
  ready_at: number;
  started_at: number;
}

function end(db: Database, ended: Ended, { supervisor, figures }: By): boolean {
  const { token, startedAt, finishedAt, outcome, exitCode, signal, error, state, runAt } = ended;
  const result = [exitCode, signal, error];
  const row = db.get<EndedRow>(END_ATTEMPT, startedAt, finishedAt, outcome, ...result, supervisor, token);
  if (!row) return false;
  const moved = db.get<{ queue: string; state: State }>(
    MOVE_JOB,
    ...stateValues(state),
    runAt ?? (state === "pending" ? finishedAt : null),
    outcome === "released" ? 1 : 0,
    row.started_at,
    finishedAt,
    ...result,
    row.job,
    row.attempt,
  );
  if (!moved) throw notProcessing(row.job);
  count(ended, { ...row, ...moved }, figures);
  return true;
}

function count(
  { outcome, finishedAt }: Ended,
  { queue, state, ready_at, started_at }: EndedRow & { queue: string; state: State },
  tally: FigureTally,
): void {
  const figures = tally.of(queue);
  figures.started += 1;
  addValue(figures.waitMs, started_at - ready_at);
  const key = OUTCOME_FIGURE[outcome];
  if (key === undefined) return;
  figures[key] += 1;
  if (outcome !== "lost") addValue(figures.runMs, finishedAt - started_at);
  if (state === "failed") figures.retried += 1;
  if (state === "dead") figures.dead += 1;
}

const FORGET_ATTEMPT = `
  DELETE FROM attempts WHERE supervisor = ? AND token = ? AND finished_at IS NULL RETURNING job, attempt`;

/** What a job says of its latest attempt is again what the one before said, unless it started afresh since. */
const UNCLAIM_JOB = `
  UPDATE jobs SET
    state = ${STATE}, attempts = attempts - 1, last_attempt = last_attempt - 1, cancel_requested = 0,
    (started_at, finished_at, exit_code, signal, error, worker) = (
      SELECT a.started_at, a.finished_at, a.exit_code, a.signal, a.error, a.worker FROM attempts a
      WHERE a.job = jobs.seq AND a.attempt = jobs.last_attempt - 1 AND jobs.attempts > 1)
  WHERE seq = ? AND last_attempt = ? AND state = 'processing'
  RETURNING state`;

/** Undoes an attempt that never began, as if its job had not been claimed. */
function undo(db: Database, { token, state, finishedAt }: Settlement, { supervisor }: By): boolean {
  const forgotten = db.get<{ job: number; attempt: number }>(FORGET_ATTEMPT, supervisor, token);
  if (!forgotten) return false;
  const { job, attempt } = forgotten;
  const moved = db.get<{ state: State }>(UNCLAIM_JOB, ...stateValues(state), job, attempt);
  if (!moved) throw notProcessing(job);
  if (moved.state === "cancelled") db.run("UPDATE jobs SET finished_at = ? WHERE seq = ?", finishedAt, job);
  return true;
}

function notProcessing(job: number): Error {
  return new Error(`Job number ${job} has a running attempt but is not processing`);
}
