/**
 * @module
 * Which workers are gone although their lease has not ended, and which live although it has: those whose supervisors
 * have their spools in this home hold a lock there for as long as they live. Of all others only the lease tells.
 */
import type { Home } from "../../system/home.ts";
import { isPresent, presencePath } from "../../system/presence.ts";
import type { WorkerInfo } from "../contract.ts";
import { mayBeGone, withPresence } from "../rules/leases.ts";

/** The same workers, with what is known of their processes; the leases of those that are gone have ended. */
export async function living(workers: readonly WorkerInfo[], home: Home): Promise<WorkerInfo[]> {
  const present = new Map<string, boolean>();
  await Promise.all(Array.from(mayBeGone(workers), async (id) => {
    // no file is there for those of other homes: that is undefined, too
    const its = await isPresent(presencePath(home.spool, id)).catch(() => undefined);
    if (its !== undefined) present.set(id, its);
  }));
  return withPresence(workers, present);
}
