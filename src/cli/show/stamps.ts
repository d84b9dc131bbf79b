/**
 * @module
 * Times before lines, in ISO 8601 and to the millisecond, all of the same width.
 */
import { minutesAhead, type Zone } from "./times.ts";

/** `2026-11-22T19:43:09.125+01:00`, or in UTC with `Z`. */
export function stamp(ms: number, zone: Zone): string {
  if (zone.utc) return new Date(ms).toISOString();
  const ahead = minutesAhead(ms, zone);
  const local = new Date(ms + ahead * 60_000).toISOString().slice(0, -1);
  const digits = (number: number) => String(Math.floor(number)).padStart(2, "0");
  const minutes = Math.abs(ahead);
  return `${local}${ahead < 0 ? "-" : "+"}${digits(minutes / 60)}:${digits(minutes % 60)}`;
}

/** Where a time is not known. */
export function noStamp(zone: Zone): string {
  return "-".padEnd(stamp(0, zone).length);
}
