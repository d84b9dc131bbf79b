/**
 * @module
 * Times as people say them: from where they stand now, or by the clock. Pure, but for the zone of this machine.
 */
import { formatDuration } from "../../domain/duration.ts";

/** How times of day are told. */
export interface Zone {
  /** In UTC; otherwise in the zone of this machine. */
  utc: boolean;
}

/** `2026-11-22 19:43:09 +01:00`, or with `UTC`. */
export function timeOfDay(ms: number, zone: Zone): string {
  return `${clockTime(ms, zone)} ${zoneName(ms, zone)}`;
}

/** The same without the zone. */
export function clockTime(ms: number, zone: Zone): string {
  return new Date(ms + minutesAhead(ms, zone) * MINUTE_MS).toISOString().slice(0, 19).replace("T", " ");
}

/** The zone's distance from UTC at that time: `+01:00`; `UTC` where there is none. */
export function zoneName(ms: number, zone: Zone): string {
  const ahead = minutesAhead(ms, zone);
  if (ahead === 0) return "UTC";
  const digits = (number: number) => String(number).padStart(2, "0");
  const minutes = Math.abs(ahead);
  return `${ahead < 0 ? "-" : "+"}${digits(Math.floor(minutes / 60))}:${digits(minutes % 60)}`;
}

const MINUTE_MS = 60_000;

/** How far the zone's clocks are ahead of UTC at that time. */
export function minutesAhead(ms: number, { utc }: Zone): number {
  return utc ? 0 : Math.round(-new Date(ms).getTimezoneOffset());
}

/** `3m ago`, `now`, or `in 2h`. */
export function fromNow(time: number, now: number): string {
  if (Math.abs(time - now) < 1000) return "now";
  return time <= now ? `${rough(now - time)} ago` : `in ${rough(time - now)}`;
}

/** A duration in whole seconds from one second on: `850ms`, `12s`, `3m20s`. */
export function rough(ms: number): string {
  return formatDuration(ms < 1000 ? ms : Math.round(ms / 1000) * 1000);
}
