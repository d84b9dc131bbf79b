/**
 * @module
 * Enqueueing jobs of which some may have keys, and what is said of those that were not stored since another has theirs.
 */
import { isKeyed, type NewJob } from "../domain/job.ts";
import type { EnqueueOptions, JobStore, Placed } from "../store/contract.ts";

/** Enqueues jobs, and says what has become of each. */
export async function enqueuePlaced(
  store: JobStore,
  jobs: readonly NewJob[],
  options: EnqueueOptions,
): Promise<Placed[]> {
  if (jobs.some(isKeyed)) return await store.enqueueUnique(jobs, options);
  return (await store.enqueue(jobs, options)).map((id) => ({ id, made: "new" }));
}

/** Whether the job itself is stored. */
export function isCreated({ made }: Placed): boolean {
  return made === "new" || made === "follows";
}

/** A sentence for people; undefined where it goes without saying. */
export function sayPlaced({ id, made, after }: Placed): string | undefined {
  switch (made) {
    case "new":
      return undefined;
    case "follows":
      return `It comes after job ${after}, which has its key`;
    case "kept":
      return `Job ${id} has its key: nothing was queued`;
    case "replaced":
      return `Job ${id} has its key, and was changed to it`;
  }
}
