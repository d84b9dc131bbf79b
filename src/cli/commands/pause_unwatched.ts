/**
 * @module
 * Pausing and resuming the processes of running jobs that no worker watches. The next worker does it again: what it
 * finds stored is what counts.
 */
import { continueTree, stopTree, unstoppedAmong } from "../../worker/process/stop_tree.ts";
import { type Here, type Unwatched, unwatchedRuns } from "./unwatched.ts";

export interface UnwatchedPause {
  /** It was done to all of them. */
  done: boolean;
  /** How many of their processes could not be stopped. */
  unstopped: number;
}

/** A run without any process to stop has just ended: that is not waited for. */
const PATIENCE_MS = 5000;

/** Does to the processes of those jobs what was asked for, where no worker is left. Undefined when one is. */
export async function pauseUnwatched(
  context: Here,
  ids: readonly string[],
): Promise<UnwatchedPause | undefined> {
  const wanted = new Set(ids);
  const runs = await unwatchedRuns(context, ({ job }) => wanted.has(job.id));
  if (!runs) return undefined;
  const { here, all, byToken, clock } = runs;
  const store = await context.store();
  const follow = async ({ job: { token, pausedAt: since }, supervisor, tree }: Unwatched) => {
    const options = { byToken, clock, over: AbortSignal.timeout(PATIENCE_MS) };
    if (since === null) {
      await continueTree(() => tree, options);
      return { done: !options.over.aborted, unstopped: 0 };
    }
    const there = await stopTree(() => tree, options);
    if (!there) return { done: false, unstopped: 0 };
    const unstopped = unstoppedAmong(there);
    await store.notePaused(supervisor, [{ token, since, unstopped }]);
    return { done: true, unstopped };
  };
  const followed = await Promise.all(here.map(follow));
  return {
    done: all && followed.every(({ done }) => done),
    unstopped: followed.reduce((sum, one) => sum + one.unstopped, 0),
  };
}
