/**
 * @module
 * The time that is left to an attempt. It can stand still.
 */
import { systemClock } from "../../system/clock.ts";

export class TimeLeft {
  readonly #moreMs: () => number;
  readonly #onOver: () => void;
  #leftMs: number;
  /** When it began to run, by the monotonic clock, and what stops it; undefined while it stands still. */
  #running: { sinceMs: number; stop: AbortController } | undefined;

  /**
   * It stands still until `go`. `onOver` is told once when there is none left, and `moreMs`, asked then, does not give
   * more.
   */
  constructor(leftMs: number, { moreMs, onOver }: { moreMs: () => number; onOver: () => void }) {
    this.#leftMs = leftMs;
    this.#moreMs = moreMs;
    this.#onOver = onOver;
  }

  go(): void {
    if (this.#running) return;
    const stop = new AbortController();
    this.#running = { sinceMs: systemClock.monotonicMs(), stop };
    systemClock.sleep(this.#leftMs, stop.signal).then(() => stop.signal.aborted || this.#end());
  }

  #end(): void {
    this.#leftMs = this.#moreMs();
    if (this.#leftMs <= 0) return this.#onOver();
    this.#running = undefined;
    this.go();
  }

  stop(): void {
    if (!this.#running) return;
    const { sinceMs, stop } = this.#running;
    this.#leftMs -= systemClock.monotonicMs() - sinceMs;
    this.#running = undefined;
    stop.abort();
  }
}
