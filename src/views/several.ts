/**
 * @module
 * Several values of one thing in a filter, the same for every face: how many there may be, and how the store is asked.
 * Pure.
 */
import type { JobSelector } from "../store/contract.ts";

/** Of one kind in a filter: each may have nine states, and a store looks into each of those. */
export const MOST_VALUES = 10;

/** The jobs of one of these queues that have one of these labels; undefined is any. */
export function ofSeveral(
  { queues, labels }: { queues: readonly string[] | undefined; labels: readonly string[] | undefined },
): Pick<JobSelector, "queue" | "queues" | "label" | "labels"> {
  return {
    ...queues && (queues.length === 1 ? { queue: queues[0] } : { queues }),
    ...labels && (labels.length === 1 ? { label: labels[0] } : { labels }),
  };
}
