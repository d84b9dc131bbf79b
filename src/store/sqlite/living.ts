/**
 * @module
 * Which workers are gone although their lease has not ended, and which live although it has: gone are those whose supervisor has let go of its lock, as the
 * kernel does for it when it ends. Whoever uses this store is on the same machine, or it could not use it.
 */
import type { Home } from "../../system/home.ts";
import { isPresent, presencePath } from "../../system/presence.ts";
import type { WorkerInfo } from "../contract.ts";
import { mayBeGone, withPresence } from "../rules/leases.ts";

/** The same workers, with what is known of their processes; the leases of those that are gone have ended. */
export async function living(workers: readonly WorkerInfo[], home: Home): Promise<WorkerInfo[]> {
  const present = new Map<string, boolean>();
  await Promise.all(Array.from(mayBeGone(workers), async (id) => {
    const its = await lives(presencePath(home.spool, id));
    if (its !== undefined) present.set(id, its);
  }));
  return withPresence(workers, present);
}

/** Undefined when that cannot be told: then the lease decides. */
async function lives(lock: string): Promise<boolean | undefined> {
  try {
    return await isPresent(lock);
  } catch {
    return undefined;
  }
}
