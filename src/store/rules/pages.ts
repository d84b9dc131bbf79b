/**
 * @module
 * Pages of jobs: in what order they come, where one ends, and how the next one is asked for. A page begins after a
 * key, never at an offset. Pure.
 */
import { BadInput } from "../../domain/errors.ts";
import type { JobFilter } from "../contract.ts";
import { comparePlaces, type Place } from "./jobs.ts";

/** In what order jobs are listed. */
export type Sort = NonNullable<JobFilter["sort"]>;

/** Unless a filter says otherwise. */
export const DEFAULT_SORT: Sort = "newest";

/** What says where in an order a job stands. */
interface Order {
  /** Below 0 when `a` comes before `b`. */
  compare(a: Place, b: Place): number;
  key(job: Place): number[];
  /** A cursor, with its key. */
  cursor: RegExp;
}

const ORDERS: Readonly<Record<Sort, Order>> = {
  newest: {
    compare: (a, b) => b.seq - a.seq,
    key: ({ seq }) => [seq],
    cursor: /^newest_(\d{1,15})$/,
  },
  oldest: {
    compare: (a, b) => a.seq - b.seq,
    key: ({ seq }) => [seq],
    cursor: /^oldest_(\d{1,15})$/,
  },
  priority: {
    compare: comparePlaces,
    key: ({ priority, seq }) => [priority, seq],
    cursor: /^priority_(-?\d{1,15})_(\d{1,15})$/,
  },
};

/** The first `limit` jobs of several lists together, in order. */
export function firstOf<J extends Place>(jobs: J[], { sort, limit }: { sort: Sort; limit: number }): J[] {
  return jobs.sort(ORDERS[sort].compare).slice(0, limit);
}

/** How many jobs to look for: one more than the page has tells whether there is another page. */
export function lookedFor({ limit }: JobFilter): number {
  return limit + 1;
}

/** The page of the jobs that were looked for, in order. */
export function pageOf<J extends Place>(
  found: readonly J[],
  { sort = DEFAULT_SORT, limit }: JobFilter,
): { jobs: J[]; cursor: string | null } {
  const jobs = found.slice(0, limit);
  const more = found.length > limit;
  return { jobs, cursor: more ? [sort, ...ORDERS[sort].key(jobs.at(-1)!)].join("_") : null };
}

/**
 * The key after which a page begins: the `seq`, and before it the priority where jobs are sorted by that.
 * @throws {BadInput} for a cursor that no page of that sort gave
 */
export function keyIn(cursor: string, sort: Sort): number[] {
  const match = ORDERS[sort].cursor.exec(cursor);
  if (!match) throw new BadInput(`Unknown cursor "${cursor}": take it from a page of the same sort`);
  return match.slice(1).map(Number);
}
