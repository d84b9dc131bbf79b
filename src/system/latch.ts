/**
 * @module
 * A doorbell inside the process: rung any number of times, answered once, and not twice in one turn of the loop: so
 * whoever answers does not keep timers and messages waiting, however often it is rung.
 */

import { nextTurn } from "./rounds.ts";

/** Remembers that it was rung until somebody waits for it. */
export class Latch {
  #rung = Promise.withResolvers<void>();

  /** Wakes whoever waits, or the next one who will. */
  ring(): void {
    this.#rung.resolve();
  }

  /** Resolves once it has been rung since the last call. */
  async heard(): Promise<void> {
    await this.#rung.promise;
    await nextTurn();
    this.#rung = Promise.withResolvers<void>();
  }
}
