/**
 * @module
 * Several values of one thing in a filter, the same for every face: how many there may be, and how the store is asked.
 * Pure.
 */
import type { State } from "../domain/job.ts";
import type { JobSelector } from "../store/contract.ts";

/** Of one kind in a filter: each may have nine states, and a store looks into each of those. */
export const MOST_VALUES = 10;

/** Values of a filter; undefined is any. */
export interface Several {
  /** In one of these. */
  states: readonly State[] | undefined;
  /** Of one of these. */
  queues: readonly string[] | undefined;
  /** With one of these. */
  labels: readonly string[] | undefined;
}

/** The jobs in one of these states and of one of these queues that have one of these labels. */
export function ofSeveral(
  { states, queues, labels }: Several,
): Pick<JobSelector, "state" | "states" | "queue" | "queues" | "label" | "labels"> {
  return {
    ...states && (states.length === 1 ? { state: states[0] } : { states }),
    ...queues && (queues.length === 1 ? { queue: queues[0] } : { queues }),
    ...labels && (labels.length === 1 ? { label: labels[0] } : { labels }),
  };
}
