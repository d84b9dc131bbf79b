/**
 * @module
 * Ending the processes of jobs that were called off and that no worker watches. What becomes of the jobs is settled by
 * the next worker, which finds how they ended, and that they were called off.
 */
import { endTree } from "../../worker/process/end_tree.ts";
import { type Here, unwatchedRuns } from "./unwatched.ts";

export interface UnwatchedEnd {
  /** They were ended, but for those that are left. */
  ended: boolean;
  /** How many could not be ended. */
  left: number;
}

/** Ends the processes of those jobs that are to be ended, where no worker is left. Undefined when one is. */
export async function endUnwatched(context: Here, ids: readonly string[]): Promise<UnwatchedEnd | undefined> {
  const wanted = new Set(ids);
  const runs = await unwatchedRuns(context, ({ job }) => job.cancelRequested && wanted.has(job.id));
  if (!runs) return undefined;
  const { here, all: ended, byToken, clock } = runs;
  const { killGraceMs: graceMs } = await context.settings();
  const ends = await Promise.all(here.map(({ tree }) => endTree(() => tree, { graceMs, byToken, clock })));
  return { ended, left: ends.reduce((sum, { survivors }) => sum + survivors, 0) };
}
