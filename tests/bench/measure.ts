/**
 * @module
 * Timing two things in turns, and the statistics of it.
 */
import { systemClock } from "../../src/system/clock.ts";

/** How often a comparison is repeated unless it says otherwise. */
const ROUNDS = 5;

/** What came of two things measured in turns. */
export interface Comparison {
  /** Medians over the rounds. */
  first: number;
  second: number;
  /** Median of the rounds' own ratios, first to second. */
  ratio: number;
}

/** Measures A B A B …, as often as `rounds` says, and compares each A with the B next to it. */
export async function inTurns(
  first: () => Promise<number>,
  second: () => Promise<number>,
  rounds = ROUNDS,
): Promise<Comparison> {
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round++) pairs.push([await first(), await second()]);
  return {
    first: median(pairs.map(([a]) => a)),
    second: median(pairs.map(([, b]) => b)),
    ratio: median(pairs.map(([a, b]) => a / b)),
  };
}

/** The median of several measurements, where one alone says little. */
export async function medianOf(count: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(await measure());
  return median(values);
}

/** How long `action` takes, in ms. */
export async function timeMs(action: () => Promise<unknown>): Promise<number> {
  const start = systemClock.monotonicMs();
  await action();
  return systemClock.monotonicMs() - start;
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that the fraction `q` of all values does not exceed (nearest rank). */
export function percentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
}

/** A duration with three significant digits. */
export function showMs(ms: number): string {
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toPrecision(3)} s`;
}
