/**
 * @module
 * What a settlement makes of its attempt and of its job, and what is counted of it. Pure.
 */
import { addValue, type Figures, OUTCOME_FIGURE } from "../../domain/figures.ts";
import { type Outcome, type State, TRANSITIONS, WAITING } from "../../domain/job.ts";
import type { Settlement } from "../contract.ts";

/** A job whose cancelling was asked for does not go on waiting, and is not dead either. */
const CALLED_OFF: readonly State[] = ["pending", "scheduled", "failed", "dead"];

/** Where a settlement moves its job. */
export interface Move {
  /** Its next state. */
  state: State;
  /** Its next state where cancelling was asked for. */
  stateIfCalledOff: State;
  /** When it may run again, in ms since the epoch; null leaves that as it is. */
  runAt: number | null;
  /** So many of its counted attempts are counted no more. */
  uncounted: 0 | 1;
  /** A job that was paused, and not called off, is held from now on: it would go on otherwise. */
  heldIfPaused: boolean;
}

/** Where a settlement moves its job. Throws when no attempt can make its job that. */
export function moveOf({ outcome, state, runAt, finishedAt }: Settlement): Move {
  if (!TRANSITIONS.processing.includes(state)) throw new Error(`An attempt cannot make its job ${state}`);
  const unstarted = outcome === "unstarted";
  return {
    state,
    stateIfCalledOff: CALLED_OFF.includes(state) ? "cancelled" : state,
    // one that never began leaves its job as it was before its claim
    runAt: unstarted ? null : runAt ?? (state === "pending" ? finishedAt : null),
    uncounted: unstarted || outcome === "released" || outcome === "snoozed" ? 1 : 0,
    heldIfPaused: WAITING.includes(state),
  };
}

/** An attempt that ended, and what became of its job. */
export interface CountedAttempt {
  outcome: Outcome;
  /** What became of its job; left out where that is counted by other means. */
  state?: State;
  /** Since when its job could have been claimed, in ms since the epoch. */
  readyAt: number;
  /** In ms since the epoch. */
  startedAt: number;
  /** In ms since the epoch. */
  finishedAt: number;
  /** As in `Attempt`. */
  cpuMs?: number | null | undefined;
}

/** Counts an attempt among the figures of its job's queue. One that never began is not counted. */
export function countAttempt(
  figures: Figures,
  { outcome, state, readyAt, startedAt, finishedAt, cpuMs }: CountedAttempt,
): void {
  figures.started += 1;
  figures.cpuMs += cpuMs ?? 0;
  addValue(figures.waitMs, startedAt - readyAt);
  const key = OUTCOME_FIGURE[outcome];
  if (key === undefined) return;
  figures[key] += 1;
  // nobody knows when a lost one ended, and one that put itself off did not do its work
  if (outcome !== "lost" && outcome !== "snoozed") addValue(figures.runMs, finishedAt - startedAt);
  if (state === "failed") figures.retried += 1;
  if (state === "dead") figures.dead += 1;
}

/** The store contradicts itself: nobody but this program can have made it so. */
export function notProcessing(seq: number): Error {
  return new Error(`Job number ${seq} has a running attempt but is not processing`);
}
