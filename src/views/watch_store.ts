/**
 * @module
 * Waiting for the store to change: until its doorbell rings or, since a ring can be missed, for a short while.
 */
import type { Store } from "../store/contract.ts";
import type { Clock } from "../system/clock.ts";
import { Latch } from "../system/latch.ts";

/** How long a missed ring can go unnoticed. */
const POLL_MS = 500;

/** Changes of a store, one after the other. */
export interface Changes extends Disposable {
  /**
   * Resolves when something may have changed since the last call, or when `signal` aborts: with true when the doorbell
   * was heard, with false when it is only time to look.
   */
  next(signal?: AbortSignal): Promise<boolean>;
}

/** Begins to watch a store. Dispose of it when done. */
export function watchStore(store: Store, clock: Clock): Changes {
  const latch = new Latch();
  let heard = false;
  const listener = store.listen(() => {
    heard = true;
    latch.ring();
  });
  return {
    async next(signal) {
      const waited = new AbortController();
      const either = signal ? AbortSignal.any([signal, waited.signal]) : waited.signal;
      clock.sleep(POLL_MS, either).then(() => waited.signal.aborted || latch.ring());
      await latch.heard();
      waited.abort();
      const was = heard;
      heard = false;
      return was;
    },
    [Symbol.dispose]: () => listener[Symbol.dispose](),
  };
}
