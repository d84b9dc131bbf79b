/**
 * @module
 * Waiting for conditions, never for fixed times.
 */

/** Between two looks, in ms: what comes soon is seen soon, and what takes its time costs little. */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 40;

/** Waits until `condition` gives something truthy and returns it; fails after `timeoutMs`, naming `what`. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 120_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (let pause = FIRST_PAUSE;; pause = Math.min(pause * 1.3, LONGEST_PAUSE)) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
