/**
 * @module
 * Whether pending jobs wait for what nobody has, so that no end of anything would let them begin: a thing that no worker
 * has, more slots than there are, more than a limit ever lets in.
 */
import type { Job } from "../../domain/job.ts";
import type { JobStore, LimitStore, QueueStore, Shortage } from "../../store/contract.ts";

/** Jobs that are looked at, and kinds of jobs; where there are more, nobody knows. */
const MOST_JOBS = 1000;
const MOST_KINDS = 50;

/** What all pending jobs of these queues, or of all, wait for in vain; undefined where one of them may yet begin. */
export async function waitedForInVain(
  store: Pick<JobStore & LimitStore & QueueStore, "list" | "shortages" | "queue">,
  queues: readonly string[] | null,
  now: number,
): Promise<string[] | undefined> {
  const which = { state: "pending" as const, ...queues && { queues } };
  const { jobs, cursor } = await store.list({ ...which, sort: "oldest", limit: MOST_JOBS });
  const kinds = new Map(jobs.filter(({ held }) => !held).map((job) => [kindOf(job), job]));
  if (kinds.size === 0 || cursor !== null || kinds.size > MOST_KINDS) return undefined;
  const names = new Set<string>();
  for (const { id, queue } of kinds.values()) {
    if ((await store.queue(queue))?.paused) continue;
    const missing = (await store.shortages(id, now)).find(isForEver);
    if (!missing) return undefined;
    names.add(missing.of === "slots" ? `${missing.takes} slots` : `"${missing.name}"`);
  }
  return names.size === 0 ? undefined : [...names];
}

function kindOf({ queue, label, takes, slots }: Job): string {
  return JSON.stringify([queue, label, takes, slots]);
}

function isForEver({ of, takes, used, capacity, rate }: Shortage): boolean {
  if (of === "unknown" || of === "slots") return true;
  if (of === "thing") return used === 0 && takes > capacity!;
  return rate ? takes > rate.count : capacity !== null && takes > capacity;
}
