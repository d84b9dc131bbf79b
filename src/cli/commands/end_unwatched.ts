/**
 * @module
 * Ending the processes of jobs that were called off and that no worker watches. What becomes of the jobs is settled by
 * the next worker, which finds how they ended, and that they were called off.
 */
import type { SupervisorInfo } from "../../store/contract.ts";
import { endTree } from "../../worker/process/end_tree.ts";
import { thisPlatform } from "../../worker/process/this_platform.ts";
import { attemptSpool } from "../../worker/spool/spools.ts";
import type { Context } from "../line/context.ts";
import { mayRun } from "./worker/permissions.ts";

export interface UnwatchedEnd {
  /** They were ended, but for those that are left. */
  ended: boolean;
  /** How many could not be ended. */
  left: number;
}

/**
 * Ends the processes of those jobs that are to be ended, where no worker is left. Undefined when one is: it ends them,
 * and takes over within moments from those that are gone.
 */
export async function endUnwatched(
  context: Pick<Context, "home" | "clock" | "store" | "settings">,
  ids: readonly string[],
): Promise<UnwatchedEnd | undefined> {
  const { home, clock } = context;
  const store = await context.store();
  const workers = await store.workers();
  if (workers.some(({ leaseUntil }) => leaseUntil > clock.now())) return undefined;
  const host = mayRun() ? await thisPlatform.probeHost() : undefined;
  // Without tokens there is only the number of a process group, which may be that of somebody else's by now.
  if (!host?.byToken) return { ended: false, left: 0 };
  const { byToken } = host;
  const isHere = (peer: SupervisorInfo) =>
    peer.host === host.name && peer.bootId === host.bootId && peer.pidNamespace === host.pidNamespace;
  const wanted = new Set(ids);
  const { killGraceMs: graceMs } = await context.settings();
  const ends = (await store.supervisors()).map(async (peer) => {
    const running = (await store.running(peer.id)).filter(({ job }) =>
      job.cancelRequested && wanted.has(job.id)
    );
    if (running.length > 0 && !isHere(peer)) return undefined;
    return await Promise.all(running.map(({ job: { token }, startedBy }) => {
      const spool = attemptSpool(home, startedBy, token);
      return endTree(() => ({ token, spool, root: null }), { graceMs, byToken, clock });
    }));
  });
  const ended = await Promise.all(ends);
  return {
    ended: ended.every((end) => end !== undefined),
    left: ended.flatMap((end) => end ?? []).reduce((sum, { survivors }) => sum + survivors, 0),
  };
}
