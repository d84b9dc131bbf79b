/**
 * @module
 * The dead letter queue, grouped by what went wrong.
 */
import type { Store } from "../../store/contract.ts";
import { timeJson } from "../../views/job_json.ts";

/** Jobs that are looked at, the latest; grouping all of a million would take too long for a page. */
const MOST = 5000;

/** Jobs that failed alike. */
export interface DeadGroup {
  /** Their error, with what differs replaced. */
  error: string;
  /** How many. */
  count: number;
  /** When the last of them died. */
  last: string;
  /** Which. */
  ids: string[];
}

/** What is the same in errors of one kind: numbers, quoted text, paths and long codes are not. */
export function kindOfError(error: string): string {
  return error
    .replace(/^timed out after \S+/, "timed out")
    .replaceAll(/"[^"]*"|'[^']*'/g, "…")
    .replaceAll(/(?:\/[\w.@-]+){2,}\/?/g, "…")
    .replaceAll(/\b[0-9a-f]{8,}\b/gi, "…")
    .replaceAll(/(?<!exit code )\b\d+(?:\.\d+)?/g, "N");
}

/** Groups, the largest first. */
export async function deadGroups(store: Store): Promise<{ total: number; groups: DeadGroup[] }> {
  const { counts } = await store.summary(0);
  const { jobs } = await store.list({ state: "dead", limit: MOST });
  const groups = Array.from(
    Map.groupBy(jobs, ({ error }) => kindOfError(error ?? "unknown")),
    ([error, alike]): DeadGroup => ({
      error,
      count: alike.length,
      last: timeJson(Math.max(...alike.map(({ finishedAt, createdAt }) => finishedAt ?? createdAt)))!,
      ids: alike.map(({ id }) => id),
    }),
  );
  return {
    total: counts.dead,
    groups: groups.sort((a, b) => b.count - a.count),
  };
}
