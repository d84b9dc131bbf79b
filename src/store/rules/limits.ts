/**
 * @module
 * What every store decides alike of limits: what a queue's rules make of its jobs' lanes, when a rate has room, what is
 * refused. Pure.
 */
import { NoSuch, Refused } from "../../domain/errors.ts";
import type { Rate } from "../../domain/limit.ts";
import type { LimitBounds, QueueLimits } from "../contract.ts";

/** Jobs that wait for a limit are counted up to this. */
export const MOST_COUNTED = 1000;

/** The refusal of what is asked of a limit that nobody has set. */
export function noSuchLimit(verb: string, name: string): NoSuch {
  return new NoSuch(`Cannot ${verb} limit "${name}": there is none of that name`);
}

/** What a limit is after a change. @throws {Refused} when it would bound nothing */
export function changedLimit(
  name: string,
  before: LimitBounds | undefined,
  { atOnce = before?.atOnce ?? null, rate = before?.rate ?? null }: Partial<LimitBounds>,
): LimitBounds {
  if (atOnce !== null || rate !== null) return { atOnce, rate };
  throw new Refused(
    before
      ? `Cannot take away all that limit "${name}" says: remove it instead`
      : `Cannot set limit "${name}" without a bound: say how many at once, or a rate`,
  );
}

/**
 * The part of a queue's rules that decides with which others a job stands in a lane; empty where its jobs need none but
 * the queue's. Jobs in lanes of another rule are to be moved.
 */
export function ruleOf({ takes, perLabel, rate, fair }: QueueLimits): string {
  const labels = perLabel !== null ? "bound by label" : fair ? "by label" : "";
  return [takes === null ? "" : `takes ${takes}`, labels, rate === null ? "" : "rate"]
    .filter((part) => part !== "").join("; ");
}

/** Whether jobs of a queue with such rules stand apart by their labels. */
export function goesByLabel({ perLabel, fair }: QueueLimits): boolean {
  return perLabel !== null || fair;
}

/** Starts within the window that ends now: each row at once, oldest first. */
export interface Starts {
  at: number;
  units: number;
}

/**
 * When `wanted` more units have room in a window of `perMs`: now, or when enough of the starts have left it.
 *
 * @param room how many have room now; at least `wanted` is now
 */
export function freeAt(starts: Iterable<Starts>, { now, perMs, room, wanted }: {
  now: number;
  perMs: number;
  room: number;
  wanted: number;
}): number {
  if (room >= wanted) return now;
  let free = room;
  for (const { at, units } of starts) {
    free += units;
    if (free >= wanted) return Math.max(now, at + perMs);
  }
  return now + perMs; // more than there are: clocks went back, or what is reserved begins meanwhile
}

/** A start that was held up by so much time at most, or a tenth of the rate's, is made up for by the next ones. */
const LEEWAY_MS = 50;

/** When the next unit may begin where a rate spaces them evenly, after `units` began now. */
export function nextSmooth({ count, perMs }: Rate, { at, now, units }: {
  at: number | null;
  now: number;
  units: number;
}): number {
  const spacing = units * perMs / count;
  return Math.max(at ?? 0, now - Math.min(LEEWAY_MS, perMs / 10)) + spacing;
}
