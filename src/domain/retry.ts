/**
 * @module
 * How long to wait before the next attempt, and what becomes of a job after an attempt. Pure.
 */
import type { Job, Outcome, State } from "./job.ts";
import { type OwnBackoff, ownBackoff, type Policy, whyNotAgain } from "./policy.ts";
import type { Settings } from "./settings.ts";

/** The settings that shape the backoff. */
export type Backoff = Pick<Settings, "backoffBase" | "backoffFactor" | "backoffMaxMs" | "backoffJitter">;

/** No job puts itself off for less: it would do nothing else. In ms. */
const SHORTEST_SNOOZE_MS = 1000;

/**
 * The delay in ms after the n-th failed attempt (n = 1, 2, …): `base^n` seconds, or, once a factor is set,
 * `base × factor^(n−1)`; capped by `backoffMaxMs`, then spread evenly over ±`backoffJitter` of itself.
 *
 * @param failures how many attempts have failed, at least 1
 * @param backoff the settings, or delays that are said in full
 * @param random a number in [0, 1) that places the delay within its spread
 */
export function retryDelayMs(
  failures: number,
  backoff: Backoff & Pick<OwnBackoff, "delaysMs">,
  random: number,
): number {
  const spread = 1 + backoff.backoffJitter * (2 * random - 1);
  const delayMs = backoff.delaysMs?.[Math.min(failures, backoff.delaysMs.length) - 1];
  if (delayMs !== undefined) return Math.round(delayMs * spread);
  const { backoffBase: base, backoffFactor: factor } = backoff;
  // Infinity would do, were it not for a base of 0.
  const growth = Math.min((factor ?? base) ** (factor === null ? failures : failures - 1), Number.MAX_VALUE);
  const seconds = factor === null ? growth : base * growth;
  const capped = Math.min(seconds * 1000, backoff.backoffMaxMs);
  return Math.round(capped * spread);
}

/** What becomes of a job after an attempt. `runAt` in ms since the epoch. */
export interface Next {
  /** One of those that follow `processing`. */
  state: State;
  /** When it may run again; null leaves that as it is. */
  runAt: number | null;
  /** Why it is dead though retries are left. */
  why?: string;
}

/** An attempt that ended, and its job, with that attempt among the counted ones. */
export interface EndedAttempt extends Policy, Pick<Job, "attempts" | "maxRetries"> {
  /** `unstarted` is a command that never began. */
  outcome: Outcome | "unstarted";
  /** As in `Ending`. */
  exitCode: number | null;
  /** As in `Ending`. */
  signal: string | null;
  /** In ms since the epoch. */
  finishedAt: number;
}

/**
 * Decides where a job goes after an attempt that did not put it off.
 *
 * @param settings those that hold for jobs that do not say
 * @param random a number in [0, 1)
 */
export function nextState(ended: EndedAttempt, settings: Backoff, random: number): Next {
  const { outcome, attempts, maxRetries, finishedAt } = ended;
  switch (outcome) {
    case "completed":
      return { state: "completed", runAt: null };
    case "cancelled":
      return { state: "cancelled", runAt: null };
    case "released":
    case "unstarted":
    case "snoozed":
      return { state: "pending", runAt: null };
    case "failed":
    case "timed_out":
    case "idle":
    case "lost": {
      if (attempts > maxRetries) return { state: "dead", runAt: null };
      const why = whyNotAgain(ended, { ...ended, outcome });
      if (why !== undefined) return { state: "dead", runAt: null, why };
      const backoff = { ...settings, ...ownBackoff(ended.backoff) };
      return { state: "failed", runAt: finishedAt + retryDelayMs(attempts, backoff, random) };
    }
  }
}

/** A job that wants to be put off. Times in ms since the epoch. */
export interface Snooze extends Pick<Policy, "maxWaitMs"> {
  /** For how long, in ms. */
  retryInMs: number;
  /** When its attempt ended. */
  finishedAt: number;
  /** Since when it has put itself off again and again: the start of the first of these attempts. */
  since: number;
}

/** When a job runs again that wants to be put off; undefined when it has been for as long as it may. */
export function snoozedUntil({ retryInMs, finishedAt, since, maxWaitMs }: Snooze): number | undefined {
  const wanted = finishedAt + Math.max(retryInMs, SHORTEST_SNOOZE_MS);
  if (!maxWaitMs) return wanted;
  const last = since + maxWaitMs;
  return last <= finishedAt ? undefined : Math.min(wanted, last);
}
