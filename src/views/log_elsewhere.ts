/**
 * @module
 * The log of a worker that is not in this home: of one that runs elsewhere, it is there, and that is said.
 */
import { NoSuch } from "../domain/errors.ts";
import type { Store } from "../store/contract.ts";

/** What to throw in place of `error`, which said that there is no log of a worker. */
export async function logElsewhere(
  error: unknown,
  store: Pick<Store, "workers">,
  worker: string,
): Promise<unknown> {
  if (!(error instanceof NoSuch)) return error;
  const there = (await store.workers()).find(({ id }) => id === worker);
  // whoever has its lock in this home would have its log here, too
  if (there === undefined || there.present !== undefined) return error;
  return new NoSuch(
    `Cannot show the log of worker "${worker}": it runs on ${there.host}, and its log is there`,
  );
}
