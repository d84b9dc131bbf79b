/**
 * @module
 * A queue as JSON, on the command line and over HTTP. Durations in seconds.
 */
import type { QueueInfo } from "../store/contract.ts";

/** A queue with its switches and counts. */
export interface QueueJson extends Pick<QueueInfo, "name" | "paused" | "concurrency" | "counts"> {
  /** How long its completed and cancelled jobs are kept, in seconds; 0 is for ever, null is as the setting says. */
  retention: number | null;
  /** The same of its dead jobs. */
  retention_dead: number | null;
}

/** A queue for programs. */
export function queueJson(
  { name, paused, concurrency, retentionMs, retentionDeadMs, counts }: QueueInfo,
): QueueJson {
  return {
    ...{ name, paused, concurrency },
    retention: retentionMs === null ? null : retentionMs / 1000,
    retention_dead: retentionDeadMs === null ? null : retentionDeadMs / 1000,
    counts,
  };
}
