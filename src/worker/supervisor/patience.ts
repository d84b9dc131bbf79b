/**
 * @module
 * Patience with a store that fails: it is said, and a while later there is another try. However many things fail until
 * then, that is said and planned once. Only a store that is gone for good ends the patience.
 */
import { StoreGone, StoreNewer, type UserError } from "../../domain/errors.ts";
import type { Clock } from "../../system/clock.ts";
import { failureOf } from "./failure.ts";

export interface PatienceOptions {
  clock: Clock;
  /** Told why something failed. */
  say(reason: string): void;
  /** It is time for another try. */
  onRetry(): void;
  /** There is no store any more. */
  onLost(): void;
  /** Aborts when nothing will be tried any more. */
  over: AbortSignal;
}

/** After a failure, in ms. */
const RETRY_MS = 1000;

export class Patience {
  readonly #options: PatienceOptions;
  /** There will be another try soon. */
  #retrying = false;
  #lost: StoreGone | StoreNewer | undefined;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** Why there is no store any more, or none that this version may touch; undefined as long as there may be one. */
  get lost(): StoreGone | StoreNewer | undefined {
    return this.#lost;
  }

  /** Does something with the store. Undefined when that failed, whatever it was that was thrown. */
  async attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.failed(failureOf(error));
      return undefined;
    }
  }

  /** Something with the store failed. */
  failed(error: UserError): void {
    if (error instanceof StoreGone || error instanceof StoreNewer) {
      this.#lost = error;
      this.#options.onLost();
    } else if (!this.#retrying) this.#retrySoon(error.message);
  }

  async #retrySoon(reason: string): Promise<void> {
    const { clock, say, onRetry, over } = this.#options;
    this.#retrying = true;
    say(reason);
    await clock.sleep(RETRY_MS, over);
    this.#retrying = false;
    onRetry();
  }
}
