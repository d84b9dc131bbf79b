/**
 * @module
 * The numbers of an array of jobs, as they are typed: `1-100`, `0-90:10`. Pure.
 */
import { BadInput } from "./errors.ts";

/** More jobs than anybody means. */
const MOST = 1_000_000;

/** The numbers, in order; `name` is what a sentence calls the value. @throws {BadInput} where there are none, or too many */
export function readArray(text: string, name: string, most = MOST): number[] {
  const [, first, last, step = "1"] = /^(\d{1,15})-(\d{1,15})(?::(\d{1,15}))?$/.exec(text.trim()) ?? [];
  if (first === undefined || Number(first) > Number(last) || Number(step) === 0) {
    throw new BadInput(
      `Cannot use ${name} "${text}": it takes FIRST-LAST, or FIRST-LAST:STEP, such as 1-100 or 0-90:10`,
    );
  }
  const count = Math.floor((Number(last) - Number(first)) / Number(step)) + 1;
  if (count > most) throw new BadInput(`Cannot use ${name} "${text}": it takes at most ${most} jobs`);
  return Array.from({ length: count }, (_, n) => Number(first) + n * Number(step));
}
