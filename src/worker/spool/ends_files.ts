/**
 * @module
 * Which file a command without a witness notes its end in. Many share one; a new one is begun now and then, and an old
 * one is removed once all who may have written there have been settled, so that they do not grow for ever.
 */
import { endsPath, removeFile } from "./spool.ts";

/** Attempts that share a file: few enough to be read at once. */
const SHARERS = 500;

/** The files for ends in the spool of one supervisor. */
export class EndsFiles {
  readonly #directory: string;
  readonly #numbers = new Map<string, number>();
  /** How many of those who share a file have not been settled, by its number. */
  readonly #unsettled = new Map<number, number>();
  #current = 0;
  #sharers = 0;

  /** There are none yet. `directory` is the supervisor's spool. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The file for an attempt that is about to begin. */
  pathFor(token: string): string {
    const known = this.#numbers.get(token);
    if (known !== undefined) return endsPath(this.#directory, known);
    if (this.#sharers === SHARERS) {
      const full = this.#current;
      this.#current += 1;
      this.#sharers = 0;
      this.#removeUnused(full);
    }
    this.#sharers += 1;
    this.#numbers.set(token, this.#current);
    this.#unsettled.set(this.#current, (this.#unsettled.get(this.#current) ?? 0) + 1);
    return endsPath(this.#directory, this.#current);
  }

  settled(token: string): void {
    const number = this.#numbers.get(token);
    if (number === undefined) return;
    this.#numbers.delete(token);
    this.#unsettled.set(number, this.#unsettled.get(number)! - 1);
    this.#removeUnused(number);
  }

  #removeUnused(number: number): void {
    if (number === this.#current || this.#unsettled.get(number) !== 0) return;
    this.#unsettled.delete(number);
    removeFile(endsPath(this.#directory, number));
  }
}
