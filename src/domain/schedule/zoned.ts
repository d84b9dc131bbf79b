/**
 * @module
 * Times by the clock of a zone, for people. Pure.
 */

/** `2026-11-22 19:43:09 +01:00`, or with `UTC`, by the clock of a zone. */
export function zonedTime(ms: number, zone: string): string {
  const parts = Object.fromEntries(formatOf(zone).formatToParts(ms).map(({ type, value }) => [type, value]));
  const offset = parts.timeZoneName!.replace("GMT", "") || "UTC";
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second} ${offset}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", {
      ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" },
      ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "longOffset" },
    });
    formats.set(zone, format);
  }
  return format;
}
