/**
 * @module
 * Letting every process of a run stand still, and go on. A process that is stopped forks no more, so those that forked
 * meanwhile are found by looking again until all that are there stand still.
 */
import type { Clock } from "../../system/clock.ts";
import type { Signalled, Tree } from "./platform.ts";
import { thisPlatform } from "./this_platform.ts";

export interface StopOptions {
  /** As in `Host`. */
  byToken: boolean;
  /** For the pauses between two looks. */
  clock: Clock;
  /** Aborts when that is not wanted any more, or there is nothing left. */
  over: AbortSignal;
}

/** As in `end_tree.ts`. */
const FIRST_LOOK_MS = 15;
const LONGEST_LOOK_MS = 250;

/**
 * Stops a run's processes. `tree()` is asked anew at every round. Returns all that are there, those that could not be
 * stopped among them, or undefined when it was over before they stood still.
 */
export async function stopTree(
  tree: () => Tree,
  { byToken, clock, over }: StopOptions,
): Promise<readonly Signalled[] | undefined> {
  for (let pauseMs = FIRST_LOOK_MS; !over.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_MS)) {
    const there = await signalled(tree(), "STOP", byToken);
    if (there && there.length > 0 && there.every(({ still, refused }) => still || refused)) return there;
    await clock.sleep(pauseMs, over);
  }
  return undefined;
}

/** Lets a run's processes go on; also those that had stopped themselves, since nobody can tell. */
export async function continueTree(
  tree: () => Tree,
  { byToken, clock, over }: StopOptions,
): Promise<void> {
  while (!over.aborted && !await signalled(tree(), "CONT", byToken)) {
    await clock.sleep(LONGEST_LOOK_MS, over);
  }
}

/** Those that are there, or undefined when that cannot be told, for example since no shell could be started. */
async function signalled(
  tree: Tree,
  signal: "STOP" | "CONT",
  byToken: boolean,
): Promise<Signalled[] | undefined> {
  try {
    return await thisPlatform.signalTree(tree, signal, byToken);
  } catch {
    return undefined;
  }
}

/** How many of them could not be stopped. */
export function unstoppedAmong(there: readonly Signalled[]): number {
  return there.filter(({ still, refused }) => refused && !still).length;
}

/** What to say of processes that could not be stopped; nothing where none are. */
export function sayUnstopped(unstopped: number): string {
  return unstopped === 0 ? "" : `; ${unstopped} of its processes, of another user, could not be stopped`;
}
