/**
 * @module
 * Ending every process of a run: SIGTERM to all, time to end by themselves, then SIGKILL until nothing is left.
 */
import type { Clock } from "../../system/clock.ts";
import { thisPlatform } from "./this_platform.ts";
import type { Signalled, Tree } from "./platform.ts";

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

/** What came of ending a tree. */
export interface TreeEnd {
  /** How many processes could not be ended: another user's, or such that hang in the kernel. */
  survivors: number;
  /**
   * The parents of those that were there when it was first signalled; undefined where that is not known. A command
   * whose first process has no child any more had ended by itself before.
   */
  parents: ReadonlySet<number> | undefined;
}

/** Ends a run's processes. `tree()` is asked anew at every round, since the first process may have been reaped. */
export async function endTree(
  tree: () => Tree,
  { graceMs, byToken, clock }: EndOptions,
): Promise<TreeEnd> {
  const started = clock.monotonicMs();
  let seen: Signalled[] = [];
  /** Those that are there, or undefined when that cannot be told. */
  const signalAll = async (signal: "TERM" | "KILL" | "0") => {
    try {
      const there = await thisPlatform.signalTree({ ...tree(), seen }, signal, byToken);
      seen = there.filter(({ refused }) => refused);
      return there;
    } catch {
      return undefined; // no shell could be started, for example for too many processes: something may be left
    }
  };
  let there = await signalAll(graceMs > 0 ? "TERM" : "KILL");
  const parents = there && byToken && there.every(({ parent }) => parent !== null)
    ? new Set(there.map(({ parent }) => parent!))
    : undefined;
  let pauseMs = FIRST_LOOK_MS;
  let killed = graceMs === 0;
  while (!there || there.length > 0) {
    const sinceMs = clock.monotonicMs() - started;
    if (sinceMs > graceMs + GIVE_UP_AFTER_KILL_MS || killed && there?.every(({ refused }) => refused)) break;
    const untilKillMs = graceMs - sinceMs;
    await clock.sleep(untilKillMs > 0 ? Math.min(pauseMs, untilKillMs) : FIRST_LOOK_MS);
    pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_MS);
    killed = clock.monotonicMs() - started >= graceMs;
    there = await signalAll(killed ? "KILL" : "0");
  }
  return { survivors: there?.length ?? 1, parents };
}

/** What to say of processes that could not be ended; nothing where none are. */
export function saySurvivors({ survivors }: Pick<TreeEnd, "survivors">): string {
  return survivors === 0 ? "" : `; ${survivors} of its processes could not be ended`;
}
