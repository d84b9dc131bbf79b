/**
 * @module
 * Limits as people say them: how many at once, and how many in how much time (`60/1m`). Pure.
 */
import { formatDuration, parseDuration } from "./duration.ts";
import { BadInput } from "./errors.ts";
import { LIMIT_NAMES, LIMIT_PATTERN, MOST_UNITS } from "./units.ts";

/** So many may begin in any span of so much time. */
export interface Rate {
  /** How many, at least 1. */
  count: number;
  /** In how much time, in ms. */
  perMs: number;
  /** They are spaced evenly, instead of one right after the other until none may begin. */
  smooth: boolean;
}

/** The shortest and the longest time of a rate, in ms. */
const SPAN = { min: 100, max: 31 * 86_400_000 };

/**
 * Reads a rate such as `60/1m`, `100/s` or `1/90s`, in code without whether it is smooth.
 * @throws {BadInput} for what is none; `what` names who said it, such as `--rate`
 */
export function readRate(text: string, what: string): Omit<Rate, "smooth"> {
  const refuse = (why: string) => new BadInput(`Cannot use ${what} ${JSON.stringify(text)}: ${why}`);
  const [, said, span] = /^\s*(\d{1,15})\s*\/\s*(.+?)\s*$/.exec(text) ?? [];
  if (said === undefined || span === undefined) throw refuse("it takes N/TIME, such as 60/1m or 100/s");
  const count = Number(said);
  if (count === 0) {
    throw refuse(
      "nothing would ever start; to let nothing start for now, use --at-once 0, or pause the queue",
    );
  }
  if (count > MOST_UNITS) throw refuse(`it takes at most ${MOST_UNITS}`);
  const perMs = /^\d*\.?\d+$/.test(span) ? undefined : parseDuration(/^\d/.test(span) ? span : `1${span}`);
  if (perMs === undefined) {
    throw refuse(`"${span}" is no time; it takes units s, m, h, d and ms, as in 60/1m`);
  }
  if (perMs < SPAN.min || perMs > SPAN.max) {
    throw refuse(`the time is from ${formatDuration(SPAN.min)} to ${formatDuration(SPAN.max)}`);
  }
  return { count, perMs };
}

/** A rate as people write it. */
export function sayRate({ count, perMs, smooth }: Rate): string {
  const said = formatDuration(perMs);
  const span = parseDuration(said) === perMs ? said : `${perMs}ms`;
  return `${count}/${span}${smooth ? ", evenly" : ""}`;
}

/** As JSON has it. */
export function rateText({ count, perMs }: Rate): string {
  return sayRate({ count, perMs, smooth: false });
}

/** Refuses a name that no limit may have. @throws {BadInput} */
export function checkLimitName(name: string): void {
  if (LIMIT_PATTERN.test(name)) return;
  const shown = JSON.stringify(name.length <= 80 ? name : `${name.slice(0, 76)}…`);
  throw new BadInput(`Cannot use ${shown} as the name of a limit: it takes ${LIMIT_NAMES}`);
}

/** How many at once, as text. @throws {BadInput} for what is no number from 0 on */
export function readAtOnce(text: string, what: string): number {
  const count = /^\d{1,7}$/.test(text.trim()) ? Number(text) : NaN;
  if (count <= MOST_UNITS) return count;
  throw new BadInput(
    `Cannot use ${what} ${JSON.stringify(text)}: it takes a whole number from 0 to ${MOST_UNITS}, or none`,
  );
}
