/**
 * @module
 * Which workers are gone although their lease has not ended: those whose supervisor has let go of its lock, as the
 * kernel does for it when it ends. Whoever uses this store is on the same machine, or it could not use it.
 */
import type { Home } from "../../system/home.ts";
import { isPresent, presencePath } from "../../system/presence.ts";
import type { WorkerInfo } from "../contract.ts";
import { mayBeGone, withoutLease } from "../rules/leases.ts";

/** The same workers; the leases of those that are gone have ended. */
export async function living(workers: readonly WorkerInfo[], home: Home): Promise<WorkerInfo[]> {
  const gone = new Set<string>();
  await Promise.all(Array.from(mayBeGone(workers), async (id) => {
    if (await lives(presencePath(home.spool, id)) === false) gone.add(id);
  }));
  return withoutLease(workers, gone);
}

/** Undefined when that cannot be told: then the lease decides. */
async function lives(lock: string): Promise<boolean | undefined> {
  try {
    return await isPresent(lock);
  } catch {
    return undefined;
  }
}
