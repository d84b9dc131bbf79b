/**
 * @module
 * A doorbell inside the process: rung any number of times, answered once.
 */

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
    this.#rung = Promise.withResolvers<void>();
  }
}
