/**
 * @module
 * A group of 100,000 jobs, enqueued, looked at, called off, retried and, in part, run; and a chain of 10,000 that each need the one
 * before, skipped, blocked again and run to its end; and how long somebody else waits meanwhile at the longest.
 */
import type { Settlement } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import { changeAll } from "../../src/views/change_all.ts";
import { death, newJob, settlement } from "../helpers/jobs.ts";
import { type Beside, beside } from "./beside.ts";
import { end, retryDead } from "./dependents.ts";
import type { Row } from "./row.ts";

const MEMBERS = 100_000;
/** So many of them are run. */
const RUN = 20_000;
const LINKS = 1_000;
const AT_ONCE = 100;
const LOOKS = 100;

/** A large group. */
export const GROUP: Row = {
  name: "group",
  run: (fixtures) =>
    beside(fixtures, async (at) => {
      const { store, measure } = at;
      const group = `a group of ${MEMBERS}`;
      const which = { group: "g" };
      const jobs = Array.from({ length: MEMBERS }, () => newJob(which));
      const enqueue = () =>
        store.enqueue(jobs, {
          ...{ now: systemClock.now(), idFormat: "short" },
          joining: { seal: true },
        });
      await measure(`enqueue ${group}`, enqueue);
      await measure(`look ${LOOKS} times at ${group}`, async () => {
        for (let n = 0; n < LOOKS; n++) await store.group("g");
      });
      for (const verb of ["cancel", "retry"] as const) {
        await measure(
          `${verb} ${group}`,
          () => changeAll(store, { which, wish: { verb } }, { now: systemClock.now() }),
        );
      }
      await measure(`claim and settle ${RUN} of ${group}`, () => drain(at, { jobs: RUN, places: AT_ONCE }));
      const { ended } = (await store.group("g"))!;
      if (ended.completed !== RUN) throw new Error(`${ended.completed} of ${RUN} completed`);
    }),
};

/** A long chain. */
export const CHAIN: Row = {
  name: "chain",
  run: (fixtures) =>
    beside(fixtures, async (at) => {
      const chain = `a chain of ${LINKS}`;
      const jobs = Array.from({ length: LINKS }, (_, n) => newJob(n === 0 ? {} : { after: [n - 1] }));
      await at.measure(
        `enqueue ${chain}`,
        () => at.store.enqueue(jobs, { now: systemClock.now(), idFormat: "short" }),
      );
      await at.measure(`skip ${chain}`, () => end(at, death));
      await at.measure(`block ${chain} again`, () => retryDead(at));
      await at.measure(`run ${chain}`, () => drain(at, { jobs: LINKS, places: 1 }));
    }),
};

/** Claims and settles until so many have ended. */
async function drain(
  { exchange }: Beside,
  { jobs, places }: { jobs: number; places: number },
): Promise<void> {
  let settlements: Settlement[] = [];
  for (let left = jobs; left > 0; left -= settlements.length) {
    const tokens = await exchange(settlements, places);
    settlements = tokens.map((token) => ({ ...settlement(token), finishedAt: systemClock.now() }));
  }
  await exchange(settlements, 0);
}
