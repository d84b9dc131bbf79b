/**
 * @module
 * Doing something to all jobs that a selector finds, for those who need not be asked in between.
 */
import type { Changed, ChangeOptions, JobSelector, JobStore, Wish } from "../store/contract.ts";

/** What came of it. */
export interface ChangedAll extends Changed {
  /** How many were found to which it cannot be done, or was done already. */
  passedOver: number;
}

/** Does it to those that are there when it begins, in turns with others who write. */
export async function changeAll(
  store: JobStore,
  { which, wish }: { which: JobSelector; wish: Wish },
  options: ChangeOptions,
): Promise<ChangedAll> {
  const selection = await store.select(which, wish);
  return { ...await store.change(selection, options), passedOver: selection.passedOver };
}
