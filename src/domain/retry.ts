/**
 * @module
 * How long to wait before the next attempt, and what becomes of a job after an attempt. Pure.
 */
import type { Job, Outcome, State } from "./job.ts";
import type { Settings } from "./settings.ts";

/** The settings that shape the backoff. */
export type Backoff = Pick<Settings, "backoffBase" | "backoffFactor" | "backoffMaxMs" | "backoffJitter">;

/**
 * The delay in ms after the n-th failed attempt (n = 1, 2, …): `base^n` seconds, or, once a factor is set,
 * `base × factor^(n−1)`; capped by `backoffMaxMs`, then spread evenly over ±`backoffJitter` of itself.
 *
 * @param failures how many attempts have failed, at least 1
 * @param backoff the settings
 * @param random a number in [0, 1) that places the delay within its spread
 */
export function retryDelayMs(failures: number, backoff: Backoff, random: number): number {
  const { backoffBase: base, backoffFactor: factor } = backoff;
  // Infinity would do, were it not for a base of 0.
  const growth = Math.min((factor ?? base) ** (factor === null ? failures : failures - 1), Number.MAX_VALUE);
  const seconds = factor === null ? growth : base * growth;
  const capped = Math.min(seconds * 1000, backoff.backoffMaxMs);
  return Math.round(capped * (1 + backoff.backoffJitter * (2 * random - 1)));
}

/** What becomes of a job after an attempt. `runAt` in ms since the epoch. */
export interface Next {
  /** One of those that follow `processing`. */
  state: State;
  /** When it may run again; null leaves that as it is. */
  runAt: number | null;
}

/**
 * Decides where a job goes after an attempt.
 *
 * @param job with the ended attempt among the counted ones; `outcome` `unstarted` is a command that never began
 * @param backoff the settings
 * @param random a number in [0, 1)
 */
export function nextState(
  { outcome, attempts, maxRetries, finishedAt }:
    & Pick<Job, "attempts" | "maxRetries">
    & { outcome: Outcome | "unstarted"; finishedAt: number },
  backoff: Backoff,
  random: number,
): Next {
  switch (outcome) {
    case "completed":
      return { state: "completed", runAt: null };
    case "cancelled":
      return { state: "cancelled", runAt: null };
    case "released":
    case "unstarted":
      return { state: "pending", runAt: null };
    case "failed":
    case "timed_out":
    case "lost":
      if (attempts > maxRetries) return { state: "dead", runAt: null };
      return { state: "failed", runAt: finishedAt + retryDelayMs(attempts, backoff, random) };
  }
}
