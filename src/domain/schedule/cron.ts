/**
 * @module
 * The one place that imports what reads cron patterns and finds their times: by the clock of a zone, also where that is put
 * forward or back. A time that a clock skips comes when the gap is over, one that it shows twice comes once; what has a
 * star or a step goes on by real time. Loaded on demand alone.
 */
import { Cron } from "npm:croner@11.0.1";

/** The times of a pattern, in ms since the epoch. */
export interface Pattern {
  /** The first after a time; null when it never comes again. */
  next(after: number): number | null;
  /** The last ones before a time, the newest first. */
  previous(before: number, most: number): number[];
}

/** A pattern of five or six fields, or a word such as `@daily`. @throws {Error} of the library, for one that is none */
export function cronPattern(text: string, zone: string): Pattern {
  const cron = new Cron(text, {
    timezone: zone,
    mode: "5-or-6-parts",
    // else "30 2,14 * * *" would lose a run in spring, and make two in autumn
    fixedTimeRule: "no-wildcard",
    paused: true,
  });
  return {
    next: (after) => cron.nextRun(new Date(after))?.getTime() ?? null,
    previous: (before, most) => cron.previousRuns(most, new Date(before)).map((time) => time.getTime()),
  };
}
