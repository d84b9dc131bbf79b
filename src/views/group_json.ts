/**
 * @module
 * A group as JSON, on the command line and over HTTP, with how long it may still take.
 */
import type { Group } from "../store/contract.ts";
import { timeJson } from "./job_json.ts";

/** A group with its counts. */
export interface GroupJson extends Pick<Group, "name" | "sealed" | "open" | "running"> {
  /** `open`, or how it ended. */
  state: Group["end"];
  /** All jobs that it has, or had. */
  total: number;
  /** How many of them completed. */
  completed: number;
  /** How many failed for good. */
  dead: number;
  /** How many were called off. */
  cancelled: number;
  /** How many could not start, because of others. */
  skipped: number;
  /** With so many dead jobs the waiting ones are called off; null is never. */
  max_failures: number | null;
  /** ISO 8601. */
  created_at: string | null;
  /** ISO 8601; null while it is open. */
  ended_at: string | null;
  /** In seconds, at the pace so far; null where that tells nothing. */
  time_left: number | null;
}

/** A group for programs; `now` in ms since the epoch. */
export function groupJson(group: Group, now: number): GroupJson {
  const { name, sealed, end, open, running, ended, maxFailures, createdAt, endedAt } = group;
  const left = timeLeftMs(group, now);
  return {
    name,
    state: end,
    sealed,
    total: totalOf(group),
    open,
    running,
    ...ended,
    max_failures: maxFailures,
    created_at: timeJson(createdAt),
    ended_at: timeJson(endedAt),
    time_left: left === null ? null : Math.round(left / 1000),
  };
}

/** How many jobs a group has, or had. */
export function totalOf({ open, ended }: Group): number {
  return open + doneOf({ ended });
}

/** How many jobs of a group have ended. */
export function doneOf({ ended }: Pick<Group, "ended">): number {
  return Object.values(ended).reduce((sum, n) => sum + n, 0);
}

/** How long the open jobs take if they end as fast as the others did, in ms; null where nothing can be told. */
export function timeLeftMs(group: Group, now: number): number | null {
  const { open, running, createdAt, ended } = group;
  const ran = ended.completed + ended.dead;
  if (open === 0 || running === 0 || ran === 0) return null;
  return Math.max(0, now - createdAt) / ran * open;
}
