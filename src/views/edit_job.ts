/**
 * @module
 * Changing a waiting job: what is changed must go with what it says already.
 */
import { BadInput } from "../domain/errors.ts";
import { NEED_KEYS } from "../domain/needs.ts";
import type { Job } from "../domain/job.ts";
import { checkRetryLists } from "../domain/policy.ts";
import type { JobChanges, Store } from "../store/contract.ts";
import { checkFits } from "./shortages.ts";

/** Changes it, and returns it as it is then. @throws {BadInput} where it would contradict itself */
export async function editJob(
  store: Store,
  id: string,
  { changes, now }: { changes: JobChanges; now: number },
): Promise<Job> {
  if (changes.retryOn || changes.noRetryOn) {
    const job = await store.get(id);
    if (job) checkRetryLists({ ...job, ...changes });
  }
  if (changes.takes || changes.slots) {
    await checkFits(store, [{ takes: changes.takes ?? null, slots: changes.slots ?? null }], now);
  }
  return await store.edit(id, changes, now);
}

/**
 * Refuses what cannot be said of many jobs at once: one of them might come to need itself, only one could have the key.
 *
 * @throws {BadInput} where the changes say what jobs come after, or give them a key
 */
export function checkForMany(changes: JobChanges): void {
  if (changes.any !== undefined || NEED_KEYS.some((key) => changes[key] !== undefined)) {
    throw new BadInput("Cannot say what many jobs come after at once: edit them one by one, by their ids");
  }
  if (changes.uniqueKey) {
    throw new BadInput("Cannot give many jobs the same unique_key: only one of them could have it");
  }
}
