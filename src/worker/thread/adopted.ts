/**
 * @module
 * Coming to watch an attempt that another worker started, or to learn how it ended. Its process is told by its token;
 * its start, for the timeout, is taken from the machine's monotonic clock.
 */
import { systemClock } from "../../system/clock.ts";
import type { AdoptRequest } from "../messages.ts";
import { begunAt, hasBegun, hasSpool, printedAt, type SpooledEnd, spooledEnd } from "../spool/spool.ts";
import { blameForExit } from "./blame.ts";
import type { Lookout } from "./lookout.ts";
import { endedBy, NO_END, notBegun, type Result, resultOf } from "./result.ts";
import type { Begun } from "./begun.ts";

/** Why attempts are lost whose process is gone. */
const LEFT_NO_END = "lost: its process was gone and had left no exit code";
const LEFT_NO_SPOOL = "lost: its spool was gone";

/** Looks for the process of an attempt. What it left in the spool says how it went. */
export async function adopt(request: AdoptRequest, lookout: Lookout): Promise<Begun> {
  const { token, spool, byToken, outOfSight, claimedAt, timeoutMs, idleTimeoutMs, cancelRequested } = request;
  const startedAt = begunAt(spool) ?? claimedAt;
  if (outOfSight !== null) {
    const ended = Promise.resolve(resultOfAdopted(spooledEnd(spool), outOfSight));
    return {
      ended,
      witnessed: true,
      byOutput: false,
      inSight: false,
      root: () => null,
      waiter: () => null,
      group: () => null,
      startedAt,
      ageMs: 0,
    };
  }
  // Without its spool, it may be that of another home that this one was copied from, and none of our business.
  const inSight = hasSpool(spool);
  const watched = lookout.watch(spool, { mark: inSight ? token : spool, byToken });
  const found = await watched.found;
  return {
    ended: watched.ended.then((end) => {
      // Whoever watched it before was ending it, or whoever called it off. SIGKILL leaves nobody to note that.
      if (cancelRequested && (end ? end.signal : hasBegun(spool))) {
        const cancelled = endedBy("cancelled", { ...request, end: end ?? NO_END, survivors: 0 });
        return end ? { ...cancelled, finishedAt: end.finishedAt } : cancelled;
      }
      if (end?.signal && timeoutMs > 0 && end.finishedAt - startedAt - stoodStillMs(request) >= timeoutMs) {
        return { ...endedBy("timed_out", { ...request, end, survivors: 0 }), finishedAt: end.finishedAt };
      }
      if (
        end?.signal && idleTimeoutMs > 0 &&
        end.finishedAt - (printedAt(spool) ?? end.finishedAt) >= idleTimeoutMs
      ) {
        return { ...endedBy("idle", { ...request, end, survivors: 0 }), finishedAt: end.finishedAt };
      }
      if (!inSight) return resultOfAdopted(end, LEFT_NO_SPOOL);
      // It was barred, or its shell ended before it came to the command.
      if (!end && !hasBegun(spool)) return { ...NO_END, outcome: "unstarted", error: null };
      if (end?.exitCode && !hasBegun(spool)) {
        return notBegun(blameForExit(end.exitCode, { ...request, spooled: true }));
      }
      return resultOfAdopted(end, LEFT_NO_END);
    }),
    witnessed: true,
    byOutput: true,
    inSight,
    // By its token it is found without; and where there is no token to be seen, the group is its own.
    root: () => byToken ? null : found?.group ?? null,
    // It leads the session that it was started in.
    waiter: () => found?.group ?? null,
    group: () => found?.group ?? null,
    startedAt: found ? systemClock.now() - found.ageMs : startedAt,
    ageMs: Math.max(0, (found?.ageMs ?? 0) - stoodStillMs(request)),
  };
}

/** For how long it has stood still so far: the clock that was asked for it may have been set since. */
function stoodStillMs({ pausedAt, pausedMs }: AdoptRequest): number {
  return pausedMs + (pausedAt === null ? 0 : Math.max(0, systemClock.now() - pausedAt));
}

function resultOfAdopted(end: SpooledEnd | undefined, lost: string): Result {
  if (!end) return { ...NO_END, outcome: "lost", error: lost };
  return { ...resultOf(end), finishedAt: end.finishedAt };
}
