/**
 * @module
 * What a shell says of CPU time. `times` prints a line for the shell itself and a line for all that it has waited for,
 * each with the time in programs and the time in the kernel, such as `0m0.010000s 0m0.000000s`; some shells with the
 * comma of their language. Pure.
 */

const LINE = /^(\d+)m(\d+)[.,](\d+)s\s+(\d+)m(\d+)[.,](\d+)s\s*$/;

/** The CPU time of all that a shell has waited for, in ms, from what `times` printed; undefined where that is something else. */
export function cpuMsIn(printed: string): number | undefined {
  const line = LINE.exec(printed.split("\n")[1] ?? "");
  if (!line) return undefined;
  const ms = (at: number) => Number(line[at]) * 60_000 + Number(`${line[at + 1]}.${line[at + 2]}`) * 1000;
  return Math.round(ms(1) + ms(4));
}
