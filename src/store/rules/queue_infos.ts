/**
 * @module
 * Queues from what is stored of them: switches, if any was set, and counts by state, where there are jobs. Pure.
 */
import { type State, STATES } from "../../domain/job.ts";
import type { QueueInfo, QueueSwitches } from "../contract.ts";

/** What was set of a queue; null where nothing was. */
export interface Switches extends Omit<QueueSwitches, "paused" | "fair"> {
  paused: boolean | null;
  fair: boolean | null;
}

/** How many jobs of a queue are in a state. */
export interface StateCount {
  state: State;
  n: number;
}

/** Counts by state, of which any may be missing. */
function countsFrom(counted: readonly StateCount[]): Record<State, number> {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
  for (const { state, n } of counted) counts[state] += n;
  return counts;
}

/** A queue from its switches, if it has any, and its counts. */
export function queueInfo(
  name: string,
  switches: Switches | undefined,
  counted: readonly StateCount[],
): QueueInfo {
  return {
    name,
    paused: switches?.paused ?? false,
    concurrency: switches?.concurrency ?? null,
    retentionMs: switches?.retentionMs ?? null,
    retentionDeadMs: switches?.retentionDeadMs ?? null,
    takes: switches?.takes ?? null,
    perLabel: switches?.perLabel ?? null,
    rate: switches?.rate ?? null,
    fair: switches?.fair ?? false,
    agingMs: switches?.agingMs ?? null,
    counts: countsFrom(counted),
  };
}

/**
 * The queues to be shown at a glance, by name.
 *
 * @param most how many, at most
 * @param candidates names, those that are most worth showing first; some may come twice
 */
export function worthShowing(most: number, candidates: readonly string[]): string[] {
  return [...new Set(candidates)].slice(0, most).sort(byCode);
}

/** By code, as stores compare names. */
function byCode(a: string, b: string): number {
  return a < b ? -1 : 1;
}
