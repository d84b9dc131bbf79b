/**
 * @module
 * Ending every process of a run: SIGTERM to all, time to end by themselves, then SIGKILL until nothing is left.
 */
import type { Clock } from "../clock.ts";
import { here } from "./process/here.ts";
import type { Tree } from "./process/platform.ts";

/** How to end a tree. */
export interface EndOptions {
  /** Time between SIGTERM and SIGKILL. */
  graceMs: number;
  /** As in `Host`. */
  byToken: boolean;
  /** For the pauses between two looks. */
  clock: Clock;
}

/** Looking again too often costs a shell each time; too seldom delays the settlement. */
const FIRST_LOOK_MS = 15;
const LONGEST_LOOK_MS = 250;
/** A process that SIGKILL does not end within this time hangs in the kernel: nobody can end it. */
const GIVE_UP_AFTER_KILL_MS = 10_000;

/**
 * Ends a run's processes and returns how many are left: 0, unless some hang in the kernel. `tree()` is asked anew
 * at every round, since the first process may have been reaped meanwhile.
 */
export async function endTree(tree: () => Tree, { graceMs, byToken, clock }: EndOptions): Promise<number> {
  const started = clock.monotonicMs();
  const signalAll = async (signal: "TERM" | "KILL" | "0") => {
    try {
      return (await here.signalTree(tree(), signal, byToken)).length;
    } catch {
      return 1; // no shell could be started, for example for too many processes: something may be left
    }
  };
  let left = await signalAll(graceMs > 0 ? "TERM" : "KILL");
  let pauseMs = FIRST_LOOK_MS;
  while (left > 0) {
    const sinceMs = clock.monotonicMs() - started;
    if (sinceMs > graceMs + GIVE_UP_AFTER_KILL_MS) break;
    const untilKillMs = graceMs - sinceMs;
    await clock.sleep(untilKillMs > 0 ? Math.min(pauseMs, untilKillMs) : FIRST_LOOK_MS);
    pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_MS);
    const killing = clock.monotonicMs() - started >= graceMs;
    left = await signalAll(killing ? "KILL" : "0");
  }
  return left;
}
