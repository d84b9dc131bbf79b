/**
 * @module
 * A queue as JSON, on the command line and over HTTP. Durations in seconds.
 */
import { rateText } from "../domain/limit.ts";
import { unitsJson } from "../domain/units.ts";
import type { QueueInfo } from "../store/contract.ts";

/** A queue with its switches and counts. */
export interface QueueJson extends Pick<QueueInfo, "name" | "paused" | "concurrency" | "counts"> {
  /** How long its completed and cancelled jobs are kept, in seconds; 0 is for ever, null is as the setting says. */
  retention: number | null;
  /** The same of its dead jobs. */
  retention_dead: number | null;
  /** What each of its jobs takes beside its own: units by name; null is nothing. */
  needs: Readonly<Record<string, number>> | null;
  /** How many of its jobs with the same label may run at once; null is no bound. */
  per_label: number | null;
  /** How many of its jobs may begin in how much time, such as `60/1m`; null is no bound. */
  rate: string | null;
  /** Their starts are spaced evenly. */
  smooth: boolean;
  /** What takes turns within a priority; null is the order of their age. */
  fair: "label" | null;
  /** How much longer, in seconds, a job has to wait to come before those of the next lower priority number; null is never. */
  aging: number | null;
}

/** A queue for programs. */
export function queueJson(
  { name, paused, concurrency, retentionMs, retentionDeadMs, takes, perLabel, rate, fair, agingMs, counts }:
    QueueInfo,
): QueueJson {
  return {
    ...{ name, paused, concurrency },
    retention: retentionMs === null ? null : retentionMs / 1000,
    retention_dead: retentionDeadMs === null ? null : retentionDeadMs / 1000,
    needs: unitsJson(takes),
    per_label: perLabel,
    rate: rate && rateText(rate),
    smooth: rate?.smooth ?? false,
    fair: fair ? "label" : null,
    aging: agingMs === null ? null : agingMs / 1000,
    counts,
  };
}
