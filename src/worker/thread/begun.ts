/**
 * @module
 * Beginning an attempt: starting its command, and how that went by the status of its first process.
 */
import { systemClock } from "../../system/clock.ts";
import type { RunRequest } from "../messages.ts";
import { type Launched, type LaunchEnd, type Launcher, RUN_VARIABLE } from "../process/platform.ts";
import { removeSaid, writeSaid } from "../spool/said_files.ts";
import {
  begunAt,
  hasBegun,
  type ProcessEnd,
  removeSpool,
  spooledEnd,
  witnessedCpu,
  writeInput,
} from "../spool/spool.ts";
import { blameForExit, blameForSignal, sayError } from "./blame.ts";
import type { Lookout } from "./lookout.ts";
import { patiently } from "./patiently.ts";
import { NO_END, notBegun, type Result, resultOf } from "./result.ts";

/** The first process of an attempt, however one came to watch it. */
export interface Begun {
  /** Resolves with how it went once the process has ended. */
  ended: Promise<Result>;
  /** As in `AttemptEnd`. */
  witnessed: boolean;
  /** Some of its processes may be told by nothing but that they print to its spool. */
  byOutput: boolean;
  /** What its token names can be ended from here. */
  inSight: boolean;
  /** As in `Tree`. */
  root(): number | null;
  /** The pid of the process that waits for the command, as its parent; null where that is not known any more. */
  waiter(): number | null;
  /** As in `Launched`. */
  group(): number | null;
  /** When it began, in ms since the epoch. */
  startedAt: number;
  /** For how long it has been running, in ms by the monotonic clock, without the time in which it stood still. */
  ageMs: number;
}

/** What it takes to start a command and to watch it. */
export interface RunMeans {
  launcher: Launcher;
  /** Looks for it when nobody waits for it any more. */
  lookout: Lookout;
}

/** Starts the command. @throws when it cannot be started */
export function start(request: RunRequest, { launcher, lookout }: RunMeans): Begun {
  const { token, spool, byToken, stdin, checkpoint, needs } = request;
  const startedAt = systemClock.now();
  let launched: Launched;
  try {
    if (stdin) writeInput(spool, stdin);
    if (checkpoint) writeSaid(spool, "checkpoint", checkpoint);
    if (needs) writeSaid(spool, "needs", needs);
    launched = launcher.launch({
      ...request,
      reads: Boolean(stdin),
      env: { ...request.env, [RUN_VARIABLE]: token },
    });
  } catch (error) {
    if (stdin) removeSpool(spool, { end: undefined, trimmed: false, input: true });
    if (checkpoint || needs) removeSaid(spool);
    throw error;
  }
  const { ended, witnessed, root, group } = launched;
  const result = async (end: LaunchEnd): Promise<Result> => {
    if (end.kind === "failed") return notBegun({ job: true, reason: end.error });
    if (end.kind === "unstarted") {
      return notBegun({ job: false, reason: "the shell that was to start it ended" });
    }
    if (end.kind === "ended") return await resultOfFirst(end, request);
    const seen = await lookout.watch(spool, { mark: token, byToken }).ended;
    return seen ? resultOf(seen) : await resultOfFirst({ code: 1, signal: end.signal }, request);
  };
  return {
    ended: ended.then(result).catch((error) => ({
      ...NO_END,
      outcome: "lost",
      error: `lost: ${sayError(error)}`,
    })),
    witnessed,
    byOutput: !witnessed,
    inSight: true,
    root,
    waiter: root,
    group,
    startedAt,
    ageMs: 0,
  };
}

/** How a command went, by the status of its first process. */
async function resultOfFirst(
  { code, signal, ...used }: { code: number; signal: string | null; cpuMs?: number },
  request: RunRequest,
): Promise<Result> {
  const { spool } = request;
  // A witness exits with such a code for a command that a signal ended, too, but knows the difference.
  const left = code > 128 ? await patiently(() => spooledEnd(spool)).catch(() => undefined) : undefined;
  if (left) return resultOf({ ...left, ...used });
  const spooled = begunAt(spool) !== undefined;
  if (signal !== null && spooled) return resultOf({ exitCode: null, signal });
  const end = { exitCode: code, signal: null };
  if (signal !== null || code !== 0 && !hasBegun(spool)) {
    const blame = signal === null ? blameForExit(code, { ...request, spooled }) : blameForSignal(signal);
    if (!blame.job) {
      await patiently(() => removeSpool(spool, { end: NO_END, trimmed: true, input: true })).catch(() => {});
    }
    return notBegun(blame);
  }
  return resultOf({ ...end, ...(used.cpuMs === undefined ? cpuLeft(spool, end) : used) });
}

/** What a witness has left of CPU time; nothing when nobody can look. */
function cpuLeft(spool: string, end: ProcessEnd): { cpuMs?: number } {
  try {
    return witnessedCpu(spool, end);
  } catch {
    return {};
  }
}

/**
 * The time from when an attempt was started until its first shell had begun, in ms, but none that was told before. By it,
 * its time is what others see in its spool, who come later: what ends by a signal after that was ended for its timeout.
 * It is at most `mostMs`: the clock may have been set.
 */
export function untilBegun(spool: string, startedAt: number, mostMs: number): () => number {
  let toldMs = 0;
  return () => {
    let ms = toldMs;
    try {
      ms = Math.min(mostMs, (begunAt(spool) ?? startedAt) - startedAt);
    } catch {
      // nobody can look
    }
    const more = ms - toldMs;
    toldMs = ms;
    return more;
  };
}
