/**
 * @module
 * Jobs that were to run again, and do not run yet: those that were called off before they ever started wait again for what
 * they need, and are skipped where that can no longer come.
 */
import type { JobStore } from "../store/contract.ts";

/** The ids of jobs that were to run again and stay where they are. */
export interface Stay {
  /** Until they are released. */
  held: readonly string[];
  /** Until what they need has come. */
  blocked: readonly string[];
  /** What they need can no longer come. */
  skipped: readonly string[];
}

/** Where their needs have them that were just to run again. */
export async function whereNeedsHave(store: JobStore, ids: readonly string[]): Promise<Omit<Stay, "held">> {
  const states = await store.states(ids);
  const those = (state: "blocked" | "skipped") => ids.filter((_, n) => states[n] === state);
  return { blocked: those("blocked"), skipped: those("skipped") };
}
