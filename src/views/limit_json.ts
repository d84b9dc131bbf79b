/**
 * @module
 * Limits as JSON, on the command line and over HTTP, and in words. Pure.
 */
import { formatDuration } from "../domain/duration.ts";
import { rateText, sayRate } from "../domain/limit.ts";
import type { Limit } from "../store/contract.ts";
import { timeJson } from "./job_json.ts";

/** A limit as JSON. */
export interface LimitJson {
  /** As jobs name it. */
  name: string;
  /** How many units may be in use at once; null is no bound. */
  at_once: number | null;
  /** Such as `60/1m`; null is no bound. */
  rate: string | null;
  /** Starts are spaced evenly. */
  smooth: boolean;
  /** Units in use. */
  used: number;
  /** Units that began to be used within the time of the rate. */
  started: number;
  /** When the rate has room again; null when it has, or there is none. */
  free_at: string | null;
  /** How many pending jobs take of it, counted to 1000. */
  waiting: number;
}

/** A limit, ready for `JSON.stringify`. */
export function limitJson({ name, atOnce, rate, used, started, freeAt, waiting }: Limit): LimitJson {
  return {
    name,
    at_once: atOnce,
    rate: rate && rateText(rate),
    smooth: rate?.smooth ?? false,
    used,
    started,
    free_at: timeJson(freeAt),
    waiting,
  };
}

/** What it lets through, such as `5 at once, 60/1m`. */
export function sayBounds({ atOnce, rate }: Pick<Limit, "atOnce" | "rate">): string {
  return [...atOnce === null ? [] : [`${atOnce} at once`], ...rate === null ? [] : [sayRate(rate)]].join(
    ", ",
  );
}

/** How full its rate is, such as `60 of 60, free in 12s`; empty where it has none. */
export function sayStarted({ rate, started, freeAt }: Limit, now: number): string {
  if (!rate) return "";
  return `${started} of ${rate.count}${freeAt === null ? "" : `, free in ${formatDuration(freeAt - now)}`}`;
}

/** How many wait, as far as they are counted. */
export function sayWaiting({ waiting }: Limit): string {
  return waiting === 0 ? "" : waiting >= 1000 ? "1000 or more" : String(waiting);
}
