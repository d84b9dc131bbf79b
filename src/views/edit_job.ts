/**
 * @module
 * Changing a waiting job: what is changed must go with what it says already.
 */
import { BadInput } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import { checkRetryLists } from "../domain/policy.ts";
import type { JobChanges, JobStore } from "../store/contract.ts";

/** Changes it, and returns it as it is then. @throws {BadInput} where it would contradict itself */
export async function editJob(
  store: JobStore,
  id: string,
  { changes, now }: { changes: JobChanges; now: number },
): Promise<Job> {
  if (changes.retryOn || changes.noRetryOn) {
    const job = await store.get(id);
    if (job) checkRetryLists({ ...job, ...changes });
  }
  return await store.edit(id, changes, now);
}

/**
 * Refuses what cannot be said of many jobs at once: one of them might come to need itself.
 *
 * @throws {BadInput} where the changes say what jobs come after
 */
export function checkForMany({ after, afterFailed, afterEnded, any }: JobChanges): void {
  if ([after, afterFailed, afterEnded, any].some((change) => change !== undefined)) {
    throw new BadInput("Cannot say what many jobs come after at once: edit them one by one, by their ids");
  }
}
