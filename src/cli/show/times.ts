/**
 * @module
 * Times as people say them, from where they stand now. Pure.
 */
import { formatDuration } from "../../domain/duration.ts";

/** `3m ago`, `now`, or `in 2h`. */
export function fromNow(time: number, now: number): string {
  if (Math.abs(time - now) < 1000) return "now";
  return time <= now ? `${rough(now - time)} ago` : `in ${rough(time - now)}`;
}

/** A duration in whole seconds from one second on: `850ms`, `12s`, `3m20s`. */
export function rough(ms: number): string {
  return formatDuration(ms < 1000 ? ms : Math.round(ms / 1000) * 1000);
}
