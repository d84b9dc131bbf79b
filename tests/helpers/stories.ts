/**
 * @module
 * What random stories of jobs have in common.
 */
import fc from "npm:fast-check@4.10.2";

/** An attempt of those that run ends. */
export const settling = fc.record({
  do: fc.constant("settle" as const),
  which: fc.nat(99),
  how: fc.constantFrom("completed" as const, "dead" as const, "failed" as const, "unstarted" as const),
});

/** One of them, whatever the number; the last for 0, undefined where there are none. */
export function pick<T>(all: readonly T[], n: number): T | undefined {
  return all.length === 0 ? undefined : all[all.length - 1 - n % all.length];
}
