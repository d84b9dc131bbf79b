/**
 * @module
 * A line on a terminal that says how far something has come, and is gone when it is done. Nowhere else is anything said.
 */
import type { Clock } from "../../system/clock.ts";

/** Between two looks. */
const PAUSE_MS = 100;
const CLEAR = "\r\x1b[K";

export class Progress implements Disposable {
  readonly #clock: Clock;
  readonly #shown = Deno.stderr.isTerminal();
  #lastMs = -Infinity;
  #there = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Shows a line in the place of the one before. */
  show(line: string): void {
    const now = this.#clock.monotonicMs();
    if (!this.#shown || now - this.#lastMs < PAUSE_MS) return;
    this.#lastMs = now;
    this.#there = true;
    Deno.stderr.writeSync(new TextEncoder().encode(`${CLEAR}${line}`));
  }

  clear(): void {
    if (this.#there) Deno.stderr.writeSync(new TextEncoder().encode(CLEAR));
    this.#there = false;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
