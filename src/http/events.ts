/**
 * @module
 * Tells clients of changes of the store. However many there are, one listener asks the store, at most a few times a
 * second, and a client that is slow misses what lies between: it is only ever told how things are now.
 */
import { StoreNewer } from "../domain/errors.ts";
import type { Store } from "../store/contract.ts";
import type { Clock } from "../system/clock.ts";
import { type Status, statusNow } from "../views/status.ts";
import { watchStore } from "../views/watch_store.ts";

/** The shortest time between two looks at the store. */
const PAUSE_MS = 200;
/** Where the doorbell cannot be heard, as much time may pass until a change that shows in no count is told. */
const DEAF_MS = 5000;
/** As much where it is heard, but a ring can be missed: pages that are only looked at ask for nothing meanwhile. */
const LONGEST_SILENCE_MS = 300_000;
/** Clients at a time; each costs a connection. */
const MOST_CLIENTS = 200;

/** How things are, and the number of the change that made them so. */
export interface Version {
  /** Grows with every change. */
  number: number;
  /** What `status` says. */
  status: Status;
  /** The number of the change since which it says that. */
  statusSince: number;
}

/** The changes of a store. */
export class Events implements Disposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #clients = 0;
  /** Changes are numbered from the time of the start on: a number from before it is not taken for one of today. */
  #number: number;
  #statusSince: number;
  #toldAtMs = -Infinity;
  /** Whether changes come without a ring, or nothing was ever heard. */
  #deaf = true;
  #last = "";
  #latest: Status | undefined;
  #looked = Promise.withResolvers<void>();
  #watching = false;

  /** Nothing is asked as long as nobody listens. */
  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#number = this.#statusSince = clock.now();
  }

  /** Takes a place for a client; undefined when there is none. Dispose of it when the client is gone. */
  join(): Disposable | undefined {
    if (this.#clients >= MOST_CLIENTS) return undefined;
    this.#clients += 1;
    if (!this.#watching) this.#watch();
    let joined = true;
    return {
      [Symbol.dispose]: () => {
        if (joined) this.#clients -= 1;
        joined = false;
      },
    };
  }

  /** Resolves after the next look at the store, whether it has changed or not, or when the server ends. */
  looked(): Promise<void> {
    return this.#looked.promise;
  }

  /** No client is served any more. */
  get over(): boolean {
    return this.#ended.signal.aborted;
  }

  /** How things are, once there is a client. */
  async latest(): Promise<Version> {
    if (this.#latest === undefined) this.#note(await statusNow(this.#store, this.#clock.now()), false);
    const status = this.#latest!;
    return { number: this.#number, status, statusSince: this.#statusSince };
  }

  /** Ends all streams. */
  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#looked.resolve();
  }

  async #watch(): Promise<void> {
    this.#watching = true;
    const { signal } = this.#ended;
    using changes = watchStore(this.#store, this.#clock);
    try {
      while (this.#clients > 0 && !signal.aborted) {
        await this.#look(await changes.next(signal));
        await this.#clock.sleep(PAUSE_MS, signal);
      }
    } finally {
      this.#watching = false;
      this.#latest = undefined;
    }
  }

  async #look(heard: boolean): Promise<void> {
    try {
      this.#note(await statusNow(this.#store, this.#clock.now()), heard);
    } catch (error) {
      // A store that cannot be asked is no event: clients see it in the answers to their own requests.
      if (!(error instanceof StoreNewer)) return;
      this.#latest = undefined; // this does not pass: whoever asks how things are is told
    }
    const { resolve } = this.#looked;
    this.#looked = Promise.withResolvers();
    resolve();
  }

  /** Counts a change: of the status, or one that was heard of and does not show in it. */
  #note(status: Status, heard: boolean): void {
    const said = JSON.stringify(status);
    const nowMs = this.#clock.monotonicMs();
    const differs = said !== this.#last;
    if (heard) this.#deaf = false;
    else if (differs) this.#deaf = true; // also where it rings a moment later, or time alone has changed something
    const silenceMs = this.#deaf ? DEAF_MS : LONGEST_SILENCE_MS;
    if (differs || heard || nowMs - this.#toldAtMs >= silenceMs) {
      this.#number += 1;
      this.#toldAtMs = nowMs;
    }
    if (differs) this.#statusSince = this.#number;
    this.#last = said;
    this.#latest = status;
  }
}
