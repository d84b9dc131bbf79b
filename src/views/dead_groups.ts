/**
 * @module
 * Dead jobs by what they died of, on the command line and over HTTP.
 */
import type { DeadGroup, Store } from "../store/contract.ts";
import { timeJson } from "./job_json.ts";

/** Jobs of a queue that died of the same. */
export interface DeadGroupJson extends Pick<DeadGroup, "queue" | "count" | "course"> {
  /** The last words of their errors, without what differs: `--died-of` and the filter `died_of` take it. */
  died_of: string;
  /** When the first and the last of them died; ISO 8601. */
  first_at: string | null;
  /** As that. */
  last_at: string | null;
}

/** The largest groups. The JSON that `dlq groups` prints. */
export interface DeadGroupsJson {
  /** How many dead jobs there are. */
  total: number;
  /** The largest groups of them; their course is of the last day, by hour. */
  groups: DeadGroupJson[];
  /** How many more groups there are. */
  more_groups: number;
}

const HOUR_MS = 3_600_000;
const STEPS = 24;

/** Steps in which it is found out what jobs died of that nobody has named yet: rarely any is left, but after an upgrade very many may be. */
const MOST_NAMING = 10;

/** Looks. */
export async function deadGroupsNow(
  store: Store,
  { now, queues, limit }: { now: number; queues?: readonly string[] | undefined; limit: number },
): Promise<DeadGroupsJson> {
  for (let steps = 0; steps < MOST_NAMING && await store.nameDead();) steps += 1;
  const from = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS - STEPS * HOUR_MS;
  const course = { from, stepMs: HOUR_MS, steps: STEPS };
  const { groups, of } = await store.deadGroups({ limit, course, ...queues && { queues } });
  const counts = queues
    ? (await Promise.all(queues.map((queue) => store.queue(queue)))).map((found) => found?.counts)
    : [(await store.summary(0)).counts];
  return {
    total: counts.reduce((sum, count) => sum + (count?.dead ?? 0), 0),
    groups: groups.map(({ diedOf, first, last, ...group }) => ({
      ...group,
      died_of: diedOf,
      first_at: timeJson(first),
      last_at: timeJson(last),
    })),
    more_groups: of - groups.length,
  };
}
