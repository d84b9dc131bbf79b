/**
 * @module
 * Claiming slows down while commands cannot be started, whatever keeps the system from it. One job is tried after a
 * pause that grows; as soon as one has begun, twice as many are tried, and so on until all that could be claimed were.
 * It is said once, not at every try.
 */
import type { Clock } from "../../system/clock.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** Trouble that comes back within this time was never really over. */
const SILENCE_MS = 60_000;

/** What it takes to be careful. */
export interface TroubleOptions {
  clock: Clock;
  /** Told when it begins and when it is over. */
  say(text: string): void;
  /** It may be worth trying again. */
  onPauseOver(): void;
  /** Aborts when nothing will be tried any more. */
  over: AbortSignal;
}

export class Trouble {
  readonly #options: TroubleOptions;
  /** How many jobs may be tried at once; Infinity as long as all is well. */
  #tries = Infinity;
  #pauseMs = FIRST_PAUSE_MS;
  #untilMs = 0;
  #trying = false;
  #saidMs = -Infinity;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** Starts may fail: those that work are to be told. */
  get lasts(): boolean {
    return this.#tries !== Infinity;
  }

  /** As many of the openings as it makes sense to claim for now. */
  allow(openings: string[]): string[] {
    if (!this.lasts || openings.length === 0) return openings;
    if (this.#options.clock.monotonicMs() < this.#untilMs) return [];
    return openings.slice(0, this.#tries);
  }

  /** So many were claimed of the openings that there were. */
  tried(count: number, openings: number): void {
    if (!this.lasts || count === 0) return;
    this.#trying = true;
    if (this.#tries >= openings) this.#tries = Infinity;
    else this.#pause();
  }

  /** A command could not be started. */
  failed(reason: string): void {
    const { clock, say } = this.#options;
    const nowMs = clock.monotonicMs();
    // Several that were tried together fail together.
    if (this.lasts && !this.#trying) return;
    this.#trying = false;
    if (nowMs - this.#saidMs >= SILENCE_MS) {
      say(`cannot start jobs: ${reason}; what has not begun is put back, and tried again more slowly`);
    }
    this.#saidMs = nowMs;
    this.#tries = 1;
    this.#pause();
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  worked(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    if (!this.lasts || !this.#trying) return;
    this.#trying = false;
    this.#tries *= 2;
    this.#untilMs = 0;
    this.#options.onPauseOver();
  }

  #pause(): void {
    const { clock, onPauseOver, over } = this.#options;
    this.#untilMs = clock.monotonicMs() + this.#pauseMs;
    clock.sleep(this.#pauseMs, over).then(() => over.aborted || onPauseOver());
  }
}
