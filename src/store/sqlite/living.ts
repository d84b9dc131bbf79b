/**
 * @module
 * Which workers are gone although their lease has not ended, and which live although it has: gone are those whose supervisor has let go of its lock, as the
 * kernel does for it when it ends. Whoever uses this store is on the same machine, or it could not use it.
 */
import type { Home } from "../../system/home.ts";
import { isPresent, presencePath } from "../../system/presence.ts";
import type { WorkerInfo } from "../contract.ts";

/** A lease that has ended, and that was not left. */
const ENDED = 1;

/** The same workers, with what is known of their processes; the leases of those that are gone have ended. */
export async function living(workers: readonly WorkerInfo[], home: Home): Promise<WorkerInfo[]> {
  const supervisors = new Set(
    workers.filter(({ leaseUntil }) => leaseUntil > 0).map(({ supervisor }) => supervisor),
  );
  const present = new Map(
    await Promise.all(
      Array.from(supervisors, async (id) => [id, await lives(presencePath(home.spool, id))] as const),
    ),
  );
  return workers.map((worker) => {
    const its = present.get(worker.supervisor);
    if (its === undefined) return worker;
    return {
      ...worker,
      leaseUntil: its ? worker.leaseUntil : Math.min(worker.leaseUntil, ENDED),
      present: its,
    };
  });
}

/** Undefined when that cannot be told: then the lease decides. */
async function lives(lock: string): Promise<boolean | undefined> {
  try {
    return await isPresent(lock);
  } catch {
    return undefined;
  }
}
