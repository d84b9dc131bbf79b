/**
 * @module
 * Amounts of memory, for people: as precise as anybody reads them.
 */

const UNITS = [[1024 ** 3, "GiB"], [1024 ** 2, "MiB"], [1024, "KiB"]] as const;

/** `512 KiB`, `3.2 MiB`, `118 MiB`. */
export function sayMemory(bytes: number): string {
  for (const [unit, name] of UNITS) {
    if (bytes < unit) continue;
    const amount = bytes / unit;
    return `${amount < 10 && unit > 1024 ? amount.toFixed(1) : Math.round(amount)} ${name}`;
  }
  return `${bytes} bytes`;
}
