/**
 * @module
 * When a schedule comes: five or six fields, a word such as `@daily`, or `every 90s`. Pure. Invariant: what is accepted
 * comes again and again; neither a year nor a date is taken, nor a pattern that never comes.
 */
import { formatDuration, parseDuration } from "../duration.ts";
import { BadInput } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { parseTime, quote } from "../spec.ts";
import { cronPattern, type Pattern } from "./cron.ts";

/** Words that stand for patterns. */
export const NICKNAMES: readonly string[] = [
  "@hourly",
  "@daily",
  "@midnight",
  "@weekly",
  "@monthly",
  "@yearly",
  "@annually",
];

/** When a schedule comes. */
export interface Timing {
  /** As `readExpression` gives it. */
  expression: string;
  /** The name of a zone. */
  zone: string;
  /** In ms since the epoch: where `every` counts from. */
  since: number;
}

const SHORTEST_MS = 1000;
const LONGEST_MS = 366 * 86_400_000;
const TAKES =
  'it takes 5 fields (minute hour day month weekday), 6 with seconds before them, @daily and the like, or "every 90s"';

/** An expression with single spaces, as it is kept. @throws {BadInput} for what is none */
export function readExpression(said: unknown): string {
  const text = typeof said === "string" ? said.trim().replace(/\s+/g, " ") : "";
  if (text === "") throw refused(said, TAKES);
  const every = /^@?every (.*)$/i.exec(text)?.[1];
  if (every !== undefined) return `every ${readInterval(said, every)}`;
  if (text.startsWith("@")) return readNickname(said, text);
  if (/^\d{4}-\d\d-\d\d/.test(text) || parseTime(text) !== undefined) {
    throw refused(said, "a schedule comes again and again; for one time, use enqueue --run-at");
  }
  const fields = text.split(" ");
  if (fields.length === 7 || fields.some((field) => /(?:^|\D)\d{4}(?:\D|$)/.test(field))) {
    throw refused(said, "it takes no year");
  }
  if (fields.length < 5 || fields.length > 6) throw refused(said, TAKES);
  patternOf(said, text, "UTC");
  return text;
}

function readInterval(said: unknown, text: string): string {
  const ms = /^[\d.]+$/.test(text) ? undefined : parseDuration(text.toLowerCase());
  if (ms === undefined || ms < SHORTEST_MS || ms > LONGEST_MS) {
    throw refused(
      said,
      `every takes a duration from ${formatDuration(SHORTEST_MS)} to ${
        formatDuration(LONGEST_MS)
      }, such as 90s, 10m, 1h30m or 2d`,
    );
  }
  return text.toLowerCase().replaceAll(" ", "");
}

function readNickname(said: unknown, text: string): string {
  const word = text.toLowerCase();
  if (NICKNAMES.includes(word)) return word;
  if (word === "@reboot") {
    throw refused(said, "there is no such time; let the service that starts workers at boot enqueue it");
  }
  const near = nearest(word, NICKNAMES);
  throw refused(said, `it takes ${NICKNAMES.join(", ")}${near ? `; did you mean ${near}?` : ""}`);
}

function patternOf(said: unknown, text: string, zone: string): Pattern {
  try {
    return cronPattern(text, zone);
  } catch (error) {
    const why = (error as Error).message.replace(/^CronPattern: |^Cron: /, "").replace(/\.$/, "");
    throw refused(said, `${why.charAt(0).toLowerCase()}${why.slice(1)}`);
  }
}

function refused(said: unknown, why: string): BadInput {
  return new BadInput(`Cannot use the schedule ${quote(said)}: ${why}`);
}

/** The times at which a schedule comes, in ms since the epoch: its slots. */
export function slotsOf({ expression, zone, since }: Timing): Pattern {
  const every = /^every (.*)$/.exec(expression)?.[1];
  return every === undefined
    ? patternOf(expression, expression, zone)
    : interval(parseDuration(every)!, since);
}

function interval(ms: number, since: number): Pattern {
  return {
    next: (after) => since + (Math.max(0, Math.floor((after - since) / ms)) + 1) * ms,
    previous(before, most) {
      const last = Math.ceil((before - since) / ms) - 1;
      return Array.from({ length: Math.max(0, Math.min(most, last)) }, (_, n) => since + (last - n) * ms);
    },
  };
}

/** The next slots after a time. */
export function nextSlots(slots: Pattern, after: number, most: number): number[] {
  const found: number[] = [];
  for (let slot = slots.next(after); slot !== null && found.length < most; slot = slots.next(slot)) {
    found.push(slot);
  }
  return found;
}

/** The first slot after a time. @throws {BadInput} when there is none */
export function firstSlot(timing: Timing, after: number): number {
  const slot = slotsOf(timing).next(after);
  if (slot === null) throw refused(timing.expression, "it never comes");
  return slot;
}
