/**
 * @module
 * Times before lines, all of the same width, in the zone of this machine.
 */

/** `2026-11-22T19:43:09.125+01:00`. */
export function stamp(ms: number): string {
  const ahead = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + ahead * 60_000).toISOString().slice(0, -1);
  const digits = (number: number) => String(Math.floor(number)).padStart(2, "0");
  const minutes = Math.abs(ahead);
  return `${local}${ahead < 0 ? "-" : "+"}${digits(minutes / 60)}:${digits(minutes % 60)}`;
}

/** Where a time is not known. */
export const NO_STAMP: string = "-".padEnd(stamp(0).length);
