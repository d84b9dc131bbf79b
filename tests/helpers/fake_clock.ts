/**
 * @module
 * A clock that the test moves.
 */
import type { Clock } from "../../src/system/clock.ts";

/** A clock that stands still unless it is moved. Both its times begin far from 0 and from each other. */
export class FakeClock implements Clock {
  #wallMs = 1_800_000_000_000;
  #monotonicMs = 5000;
  #sleepers: { atMs: number; wake: () => void }[] = [];

  now(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((wake) => {
      if (signal?.aborted) return wake();
      const sleeper = { atMs: this.#monotonicMs + Math.max(0, ms), wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        wake();
      });
    });
  }

  /** Whether somebody sleeps until `ms` from now: to be waited for before time passes. */
  wakesIn(ms: number): boolean {
    return this.#sleepers.some(({ atMs }) => atMs === this.#monotonicMs + ms);
  }

  /** Lets time pass, and wakes everyone on time. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    while (true) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // whoever was woken may go to sleep again
      const [next] = this.#sleepers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      this.#to(Math.max(this.#monotonicMs, next?.atMs ?? endMs)); // late after time was spent
      if (!next) return;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      next.wake();
    }
  }

  /** Time passes while nobody can do anything. */
  spend(ms: number): void {
    this.#to(this.#monotonicMs + ms);
  }

  /** Sets the wall clock forward, or back. No time passes. */
  set(byMs: number): void {
    this.#wallMs += byMs;
  }

  #to(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}
