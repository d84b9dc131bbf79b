/**
 * @module
 * Things that are done again and again, and things that are not waited for for ever.
 */
import type { Clock } from "./clock.ts";

/** Does something again and again until the signal aborts, with a pause before each time. Times in ms. */
export async function every(
  intervalMs: () => number,
  action: () => void | Promise<void>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  while (true) {
    await clock.sleep(intervalMs(), signal);
    if (signal.aborted) return;
    await action();
  }
}

/** Lets timers and messages have their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits until something is done, but no longer than `ms`. */
export async function atMost(ms: number, done: Promise<void>, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([done, clock.sleep(ms, over.signal)]);
  over.abort();
}
