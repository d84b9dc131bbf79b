/**
 * @module
 * What is done besides storing them for new jobs that need others, or join groups. It is loaded only where some do.
 */
import { hasNeeds, type NewJob } from "../../domain/job.ts";
import type { EnqueueOptions } from "../contract.ts";
import { JoinTally } from "../rules/groups.ts";
import { type ResolvedNeeds, resolveNeeds, together } from "../rules/needs.ts";
import type { Besides } from "./enqueue.ts";
import { join, seal } from "./groups.ts";
import { planWaiters } from "./needs.ts";

/** What new jobs need; undefined where none needs another. */
export function needsAmong(jobs: readonly NewJob[]): ResolvedNeeds | undefined {
  const needing = new Map([...jobs.entries()].filter(([, job]) => hasNeeds(job)));
  return needing.size === 0 ? undefined : resolveNeeds(needing, together(jobs));
}

/** What makes new jobs wait that need others, and counts those that join groups. */
export function besidesOf(
  jobs: readonly NewJob[],
  needs: ResolvedNeeds | undefined,
  { now, joining }: EnqueueOptions,
): Besides {
  const besides: Besides = {};
  if (needs) {
    const needing = new Map([...needs.keys()].map((index) => [index, jobs[index]!]));
    besides.plan = (db) => planWaiters(db, needs, { jobs: needing, now });
  }
  if (jobs.some(({ group }) => group !== null)) {
    const tally = new JoinTally();
    for (const job of jobs) tally.add(job);
    besides.join = (db) => {
      const made = join(db, tally, { now, ...joining && { joining } });
      return () => joining?.seal ? seal(db, made, now) : undefined;
    };
  }
  return besides;
}
