/**
 * @module
 * The end of the patience with a store that does not answer, once somebody has told the supervisor to stop: whoever stops
 * it does not wait for ever. What the store does not know then, the next worker on this host tells it.
 */
import type { Clock } from "../../system/clock.ts";

export interface SignOffOptions {
  clock: Clock;
  /** Whether there is nothing left to do but to tell the store. */
  isDone(): boolean;
}

/** How long the store may take nothing, in ms. */
const PATIENCE_MS = 10_000;

export class SignOff {
  readonly #options: SignOffOptions;
  #told = false;
  #answeredMs = -Infinity;

  constructor(options: SignOffOptions) {
    this.#options = options;
  }

  /** Somebody told the supervisor to stop. */
  told(): void {
    this.#told = true;
  }

  /** The store took something, at a time of the monotonic clock. */
  answered(atMs: number): void {
    this.#answeredMs = atMs;
  }

  /** Resolves with true once only the store keeps it from stopping, and has taken nothing for too long; with false once over. */
  async isInVain(over: AbortSignal): Promise<boolean> {
    const { clock, isDone } = this.#options;
    let doneMs: number | undefined;
    while (true) {
      await clock.sleep(PATIENCE_MS / 10, over);
      if (over.aborted) return false;
      const now = clock.monotonicMs();
      if (!this.#told || !isDone()) doneMs = undefined;
      else doneMs ??= now;
      if (doneMs !== undefined && now - Math.max(doneMs, this.#answeredMs) >= PATIENCE_MS) return true;
    }
  }
}
