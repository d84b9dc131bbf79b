/**
 * @module
 * What the parts of the suite have in common.
 */
import type { Store } from "../../src/store/contract.ts";
import { enqueue } from "../helpers/jobs.ts";

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

/** So many jobs that nobody may do something to all of them in one transaction. */
export const MANY = 10_000;

/** Enqueues again and again through another connection while `work` is under way. Returns the ids. */
export async function enqueueMeanwhile(opened: Opened, work: Promise<unknown>): Promise<string[]> {
  using other = closing(await opened.another());
  const ids: string[] = [];
  let over = false;
  const ended = work.finally(() => over = true);
  while (!over) {
    ids.push(...await enqueue(other.store, { id: `meanwhile-${ids.length}` }));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await ended;
  return ids.slice(0, -1); // the last one may have come after the end
}
