/**
 * @module
 * The running attempts that no worker watches, as far as something can be done to their processes from here.
 */
import type { RunningAttempt, SupervisorInfo } from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";
import { thisPlatform } from "../../worker/process/this_platform.ts";
import type { Tree } from "../../worker/process/platform.ts";
import { attemptSpool } from "../../worker/spool/spools.ts";
import type { Context } from "../line/context.ts";
import { mayRun } from "./worker/permissions.ts";

/** What a command needs to know of its surroundings. */
export type Here = Pick<Context, "home" | "clock" | "store" | "settings">;

/** One of them. */
export interface Unwatched extends RunningAttempt {
  /** The supervisor that is gone, or has left it. */
  supervisor: string;
  /** Its processes. */
  tree: Tree;
}

/** What there is, and what it takes to signal it. */
export interface UnwatchedRuns {
  /** Those that can be seen from here. */
  here: readonly Unwatched[];
  /** These are all there are. */
  all: boolean;
  byToken: boolean;
  clock: Clock;
}

/**
 * Those that are wanted, where no worker is left. Undefined when one is: it does what is to be done, and takes over
 * within moments from those that are gone.
 */
export async function unwatchedRuns(
  context: Here,
  isWanted: (run: RunningAttempt) => boolean,
): Promise<UnwatchedRuns | undefined> {
  const { home, clock } = context;
  const store = await context.store();
  const workers = await store.workers();
  if (workers.some(({ leaseUntil }) => leaseUntil > clock.now())) return undefined;
  const host = mayRun() ? await thisPlatform.probeHost() : undefined;
  // Without tokens there is only the number of a process group, which may be that of somebody else's by now.
  if (!host?.byToken) return { here: [], all: false, byToken: false, clock };
  const isHere = (peer: SupervisorInfo) =>
    peer.host === host.name && peer.bootId === host.bootId && peer.pidNamespace === host.pidNamespace;
  const here: Unwatched[] = [];
  let all = true;
  for (const peer of await store.supervisors()) {
    const wanted = (await store.running(peer.id)).filter(isWanted);
    if (isHere(peer)) {
      here.push(...wanted.map((run) => {
        const { job: { token }, startedBy } = run;
        const spool = attemptSpool(home, startedBy, token);
        return { ...run, supervisor: peer.id, tree: { token, spool, root: null } };
      }));
    } else all &&= wanted.length === 0;
  }
  return { here, all, byToken: host.byToken, clock };
}
