/**
 * @module
 * 100,000 jobs that need the same one: skipped when that dies, blocked again when it is retried, released when it completes;
 * and how long somebody else waits meanwhile at the longest.
 */
import type { Settlement } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import { changeAll } from "../../src/views/change_all.ts";
import { death, newJob, settlement } from "../helpers/jobs.ts";
import { type Beside, beside } from "./beside.ts";
import type { Row } from "./row.ts";

const JOBS = 100_000;

/** Very many that need one. */
export const DEPENDENTS: Row = {
  name: "dependents",
  run: (fixtures) =>
    beside(fixtures, async (at) => {
      const jobs = [newJob(), ...Array.from({ length: JOBS }, () => newJob({ after: [0] }))];
      await at.measure(
        `enqueue ${JOBS} that need one`,
        () => at.store.enqueue(jobs, { now: systemClock.now(), idFormat: "short" }),
      );
      await at.measure(`skip ${JOBS} that need one`, () => end(at, death));
      await at.measure(`block ${JOBS} that need one again`, () => retryDead(at));
      await at.measure(`release ${JOBS} that need one`, () => end(at, settlement));
    }),
};

/** Runs what is dead again; what needs it is blocked with it. */
export function retryDead({ store }: Beside): Promise<unknown> {
  const wish = { verb: "retry" } as const;
  return changeAll(store, { which: { state: "dead" }, wish }, { now: systemClock.now() });
}

/** Has the first one end, and all be told that need it, or need those. */
export async function end(
  { store, exchange }: Beside,
  as: (token: string) => Settlement,
): Promise<void> {
  const [token] = await exchange([], 1);
  await exchange([{ ...as(token!), finishedAt: systemClock.now() }], 0);
  // somebody else tells some of them, too
  while ((await store.summary(0)).counts.blocked > 0) await exchange([], 0);
}
