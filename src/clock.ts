/**
 * @module
 * The only place that reads the time or sleeps, so that tests can put another clock in its place.
 */

/** Where the time comes from. */
export interface Clock {
  /** Wall-clock time in ms since the epoch. */
  now(): number;
  /** Monotonic time in ms, for measuring how long something took. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay a timer takes; longer waits are made of several. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
      signal?.addEventListener("abort", done);
    });
  },
};
