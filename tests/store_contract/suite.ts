/**
 * @module
 * What the parts of the suite have in common.
 */
import type { Store } from "../../src/store/store.ts";

/** An empty store to be tested, and what is needed around it. */
export interface Opened extends Disposable {
  store: Store;
  /** Another connection to the same store, as another process has it. Closed by whoever asked for it. */
  another(): Promise<Store>;
  /** A path for a file that does not exist. */
  file: string;
}

/** Declares a test, which gets an empty store. */
export type Test = (sentence: string, run: (store: Store, opened: Opened) => Promise<void>) => void;

/** A store that is closed at the end of the scope. */
export function closing(store: Store): Disposable & { store: Store } {
  return { store, [Symbol.dispose]: () => store.close() };
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
