/**
 * @module
 * The times of an exchange, from one clock to another: a supervisor goes by its host's, the server by its own. Pure.
 * What is no time of either stays: an attempt's place among pauses is told by when it was asked for.
 */
import type { NewJob } from "../../domain/job.ts";
import type { ClaimedJob, Exchange, Exchanged, RunningAttempt } from "../contract.ts";

function moved<T extends number | null>(moment: T, byMs: number): T {
  return (moment === null ? null : moment + byMs) as T;
}

/** What a supervisor brings, by a clock that is `byMs` ahead of its own. */
export function exchangeAt(wanted: Exchange, byMs: number): Exchange {
  if (byMs === 0) return wanted;
  return {
    ...wanted,
    now: wanted.now + byMs,
    settlements: wanted.settlements.map((one) => ({
      ...one,
      startedAt: moved(one.startedAt, byMs),
      finishedAt: moved(one.finishedAt, byMs),
      runAt: moved(one.runAt, byMs),
    })),
    ...(wanted.said && {
      said: wanted.said.map((one) =>
        one.snoozedSince === undefined ? one : { ...one, snoozedSince: moved(one.snoozedSince, byMs) }
      ),
    }),
    output: wanted.output.map(({ token, pieces }) => ({
      token,
      pieces: pieces.map((piece) =>
        piece.seenAt === undefined ? piece : { ...piece, seenAt: piece.seenAt + byMs }
      ),
    })),
  };
}

/** What it gets, by a clock that is `byMs` ahead of the store's. */
export function exchangedAt(exchanged: Exchanged, byMs: number): Exchanged {
  if (byMs === 0) return exchanged;
  return {
    ...exchanged,
    claimed: exchanged.claimed.map((job) => jobAt(job, byMs)),
    nextDueAt: moved(exchanged.nextDueAt, byMs),
  };
}

/** A running attempt, by a clock that is `byMs` ahead of the store's. */
export function attemptAt(attempt: RunningAttempt, byMs: number): RunningAttempt {
  return byMs === 0 ? attempt : { ...attempt, job: jobAt(attempt.job, byMs) };
}

function jobAt(job: ClaimedJob, byMs: number): ClaimedJob {
  return {
    ...job,
    createdAt: moved(job.createdAt, byMs),
    runAt: moved(job.runAt, byMs),
    startedAt: moved(job.startedAt, byMs),
    snoozedSince: moved(job.snoozedSince, byMs),
  };
}

/** What is free at some time, by a clock that is `byMs` ahead. */
export function freeLater<T extends { freeAt: number | null }>(one: T, byMs: number): T {
  return byMs === 0 ? one : { ...one, freeAt: moved(one.freeAt, byMs) };
}

/** Jobs that are due by so much later. */
export function* laterBy(jobs: Iterable<NewJob>, byMs: number): Iterable<NewJob> {
  for (const job of jobs) yield { ...job, runAt: moved(job.runAt, byMs) };
}

/** Whether others may have something to claim, now or later, because of what a supervisor brings. */
export function givesWork({ settlements }: Exchange): boolean {
  return settlements.some(({ state }) => state === "pending" || state === "failed" || state === "scheduled");
}
