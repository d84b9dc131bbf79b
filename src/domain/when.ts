/**
 * @module
 * Times as people say them: `14:00`, `tomorrow 9:00`, `9am tomorrow`, `tonight at 2`, `friday 18:00`, `dec 24`,
 * `2030-01-01 Europe/Berlin`, `+2h`, `in 90 minutes`, `noon`. Pure; it is told what time it is, and in which zone. ISO 8601
 * is read elsewhere (see `spec.ts`).
 *
 * A day without a time begins at midnight; a time without a day is the next one; a day of the week is the next one, today
 * only where the time is said and still to come; a day of a month is the next one, too. Where a clock skips a time, it is
 * as much later as is skipped; where a clock shows it twice, it is the first.
 */
import { parseDuration } from "./duration.ts";
import { BadInput } from "./errors.ts";
import { nearestZone } from "./schedule/zone.ts";

/** What a time depends on. */
export interface Here {
  /** In ms since the epoch. */
  now: number;
  /** Of the IANA database: what is meant where no zone is said. */
  zone: string;
}

/** A day of the calendar; `day` may lie beyond the month's. */
interface Day {
  year: number;
  month: number;
  day: number;
}

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = [
  ...["january", "february", "march", "april", "may", "june"],
  ...["july", "august", "september", "october", "november", "december"],
];
const DAY_MS = 86_400_000;
/** A leap day is as far ahead as this at most. */
const MOST_YEARS = 8;
const ZONE = /(?:^|\s|(?<=:\d\d))(utc|gmt|z|[cemw]et|[ehm]st|[+-]\d\d:?\d\d|[a-z]+(?:\/[a-z0-9_+-]+)+)$/i;
const HALF = "([ap])\\.?m\\.?";
const TIME =
  `(?:(?:at )?(\\d{1,2}):(\\d\\d)(?::(\\d\\d))? ?(?:${HALF})?|(?:at )?(\\d{1,2}) ?${HALF}|at (\\d{1,2})|(?:at )?(noon|midnight))`;
const TIME_LAST = new RegExp(`(?:^|\\s)${TIME}$`);
const TIME_FIRST = new RegExp(`^${TIME}(?=\\s)`);

/** The time, in ms since the epoch; undefined for what is none. */
export function readWhen(said: string, here: Here): number | undefined {
  const text = said.trim().replace(/\s+/g, " ");
  const after = /^(?:(?:now ?)?\+ ?|in )?(\S.*)$/i.exec(text)?.[1]?.replace(/^an? (?=[a-z])/i, "1 ");
  // A number alone could be anything.
  if (after !== undefined && /[a-z]/i.test(after) && !/^[+-]?\d+$/.test(text)) {
    const ms = parseDuration(after.toLowerCase());
    if (ms !== undefined) return here.now + ms;
  }
  if (text.toLowerCase() === "now") return here.now;
  const [, zoneSaid] = ZONE.exec(text) ?? [];
  const zone = zoneSaid === undefined ? here.zone : zoneOf(zoneSaid);
  if (zone === undefined) return undefined;
  const rest = text.slice(0, text.length - (zoneSaid?.length ?? 0)).trim().replace(
    /^(\d{4}-\d\d-\d\d)t(?=\d)/i,
    "$1 ",
  );
  return readClock(rest.toLowerCase(), { now: here.now, zone });
}

function readClock(text: string, here: Here): number | undefined {
  const timed = TIME_LAST.exec(text) ?? TIME_FIRST.exec(text);
  const seconds = timed ? secondsOf(timed) : undefined;
  if (timed && seconds === undefined) return undefined;
  const named = (timed ? text.replace(timed[0], "") : text).trim();
  const today = dayAt(here.now, here.zone);
  const at = (day: Day) => instantOf(day, { seconds: seconds ?? 0, zone: here.zone });
  const tonight = named === "tonight" && seconds !== undefined;
  // of other hours nobody can tell whether they are in that night
  if (tonight && seconds >= 6 * 3600 && seconds < 18 * 3600) return undefined;
  if (named === "" || tonight && seconds < 6 * 3600) {
    if (seconds === undefined) return undefined;
    const next = at(today);
    return next > here.now ? next : at(dayAfter(today, 1));
  }
  if (named === "today" || tonight) return at(today);
  if (named === "tomorrow") return at(dayAfter(today, 1));
  const written = /^(\d{4})-(\d\d)-(\d\d)$/.exec(named);
  if (written) {
    const [year, month, day] = written.slice(1).map(Number) as [number, number, number];
    return isDay({ year, month, day }) ? at({ year, month, day }) : undefined;
  }
  const ofMonth = dayOfMonth(named);
  if (ofMonth) {
    const { month, day, year } = ofMonth;
    if (year !== undefined) return isDay({ year, month, day }) ? at({ year, month, day }) : undefined;
    return Array.from({ length: MOST_YEARS + 1 }, (_, ahead) => ({ year: today.year + ahead, month, day }))
      .filter(isDay).map(at).find((time) => time > here.now);
  }
  const [, name = ""] = /^(?:next |on )?([a-z]+)$/.exec(named) ?? [];
  const weekday = name.length < 3 ? -1 : DAYS.findIndex((day) => day === name || day.slice(0, 3) === name);
  if (weekday < 0) return undefined;
  const ahead = (weekday - new Date(utcOf(today)).getUTCDay() + 7) % 7;
  const next = at(dayAfter(today, ahead));
  return next > here.now ? next : at(dayAfter(today, ahead + 7));
}

/** `dec 24`, `24th of december 2026`. */
function dayOfMonth(text: string): { month: number; day: number; year?: number } | undefined {
  const [, before, name = "", after, year] =
    /^(?:on )?(?:(?:the )?(\d{1,2})(?:st|nd|rd|th|\.)? (?:of )?)?([a-z]{3,})\.?(?: (\d{1,2})(?:st|nd|rd|th)?)?(?:,? (\d{4}))?$/
      .exec(text) ?? [];
  const month = MONTHS.findIndex((one) => one === name || one.slice(0, 3) === name) + 1;
  if (month === 0 || (before === undefined) === (after === undefined)) return undefined;
  return { month, day: Number(before ?? after), ...year !== undefined && { year: Number(year) } };
}

function isDay(day: Day): boolean {
  const date = new Date(utcOf(day));
  return date.getUTCMonth() === day.month - 1 && date.getUTCDate() === day.day;
}

/** Seconds since midnight by the clock. */
function secondsOf(
  [, hours, minutes, seconds, half, plain, plainHalf, bare, word]: RegExpExecArray,
): number | undefined {
  if (word !== undefined) return word === "noon" ? 12 * 3600 : 0;
  const [hour, minute, second] = [Number(hours ?? plain ?? bare), Number(minutes ?? 0), Number(seconds ?? 0)];
  const ofDay = half ?? plainHalf;
  if (
    minute > 59 || second > 59 || hour > (ofDay === undefined ? 23 : 12) || ofDay !== undefined && hour === 0
  ) {
    return undefined;
  }
  const hour24 = ofDay === undefined ? hour : hour % 12 + (ofDay === "p" ? 12 : 0);
  return (hour24 * 60 + minute) * 60 + second;
}

/** A zone as `Intl` knows it. */
function zoneOf(said: string): string | undefined {
  const offset = /^([+-]\d\d):?(\d\d)$/.exec(said);
  const zone = /^(?:z|gmt)$/i.test(said) ? "UTC" : offset ? `${offset[1]}:${offset[2]}` : said;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function utcOf({ year, month, day }: Day): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function dayAfter(day: Day, days: number): Day {
  return { ...day, day: day.day + days };
}

function dayAt(ms: number, zone: string): Day {
  const local = new Date(ms + offsetAt(ms, zone));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

function instantOf(day: Day, { seconds, zone }: { seconds: number; zone: string }): number {
  const local = utcOf(day) + seconds * 1000;
  const before = offsetAt(local - DAY_MS, zone);
  const after = offsetAt(local + DAY_MS, zone);
  const shown = [local - before, local - after].filter((ms) => ms + offsetAt(ms, zone) === local);
  return shown.length > 0 ? Math.min(...shown) : local - before;
}

/** How far a zone's clock is ahead of UTC, in ms. */
function offsetAt(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(ms);
  const of = (type: string) => Number(parts.find((part) => part.type === type)!.value);
  const day = { year: of("year"), month: of("month"), day: of("day") };
  const local = utcOf(day) + ((of("hour") * 60 + of("minute")) * 60 + of("second")) * 1000;
  return local - Math.floor(ms / 1000) * 1000;
}

/**
 * Reads times as they are meant now, in the zone of this machine where they name none. The reader throws `BadInput` for a
 * zone that there is not, after what is a time.
 */
export function timeReader(now: number): (said: string) => number | undefined {
  let here: Here | undefined; // the zone takes milliseconds to be found, and few times are said in words
  return (said) => {
    here ??= { now, zone: new Intl.DateTimeFormat().resolvedOptions().timeZone };
    return readWhen(said, here) ?? refuseZone(said, here);
  };
}

function refuseZone(said: string, here: Here): undefined {
  const [, time = "", zone = ""] =
    /^(.*\S)\s+([A-Z]{3,5}|[A-Za-z]+(?:\/[A-Za-z0-9_+-]+)+)$/s.exec(said.trim()) ??
      [];
  if (zone === "" || readWhen(time, here) === undefined || zoneOf(zone) !== undefined) return undefined;
  const near = nearestZone(zone);
  const instead = near === undefined ? "it takes one such as UTC or Europe/Berlin" : `did you mean ${near}?`;
  throw new BadInput(`Cannot use run_at "${said}": there is no time zone "${zone}"; ${instead}`);
}
