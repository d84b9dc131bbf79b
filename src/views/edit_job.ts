/**
 * @module
 * Changing a waiting job: what is changed must go with what it says already.
 */
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
