/**
 * @module
 * 30,000 jobs that are retried, cleared and pruned; and how long somebody else waits meanwhile at the longest.
 */
import type { Store } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import { changeAll } from "../../src/views/change_all.ts";
import { death, newJob } from "../helpers/jobs.ts";
import { type Beside, beside } from "./beside.ts";
import { retryDead } from "./dependents.ts";
import type { Row } from "./row.ts";

const JOBS = 30_000;
/** Jobs that die in one exchange. */
const AT_ONCE = 1_000;
/** Somebody else waits no longer than this, in ms. */
const LONGEST = 100;

/** What is done to very many jobs by pages. */
export const CLEARING: Row = {
  name: "clearing",
  run: (fixtures) =>
    beside(fixtures, async (at) => {
      await die(at);
      await at.measure(`retry ${JOBS}`, () => retryDead(at));
      const [which, wish] = [{ queue: "default" }, { verb: "delete" }] as const;
      await at.measure(
        `clear ${JOBS}`,
        () => changeAll(at.store, { which, wish }, { now: systemClock.now() }),
      );
      await die(at);
      await at.measure(`prune ${JOBS}`, () => pruneAll(at.store));
    }, LONGEST),
};

/** Makes so many dead jobs. */
async function die({ store, exchange }: Beside): Promise<void> {
  const now = systemClock.now();
  await store.enqueue(new Array(JOBS).fill(newJob()), { now, idFormat: "short" });
  let tokens: string[] = [];
  do {
    tokens = await exchange(tokens.map((token) => ({ ...death(token), finishedAt: now })), AT_ONCE);
  } while (tokens.length > 0);
}

async function pruneAll(store: Store): Promise<void> {
  const kept = { endedMs: null, deadMs: 1, ofQueues: true };
  const now = systemClock.now() + 1_000;
  let after: string | null | undefined;
  while (after !== null) {
    const pruned = await store.prune(kept, { now, limit: 1_000, ...after !== undefined && { after } });
    after = pruned.after;
    await systemClock.sleep(25); // as those who maintain a store do
  }
}
