/**
 * @module
 * Jobs that need others, without processes: a diamond of 10,000, in which all but one wait for the first and the last waits
 * for all between; and a group of as many, for which one more waits; each against as many jobs that need nothing. Enqueued,
 * claimed and settled, with all that is told on the way.
 */
import type { NewJob } from "../../src/domain/job.ts";
import type { Settlement } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { newJob, newSupervisor, settlement } from "../helpers/jobs.ts";
import type { Fixtures } from "./fixtures.ts";
import { inTurns, showMs, timeMs } from "./measure.ts";
import type { Row } from "./row.ts";

const JOBS = 10_000;
const AT_ONCE = 100;
const ROUNDS = 3;

/** A diamond, and a group. */
export const NEEDS: Row = {
  name: "needs",
  async run(fixtures) {
    const all = Array.from({ length: JOBS - 2 }, (_, n) => n + 1);
    const diamond = [newJob(), ...all.map(() => newJob({ after: [0] })), newJob({ after: all })];
    const plain = Array.from({ length: JOBS }, () => newJob());
    const drain = (jobs: readonly NewJob[]) => () => drainMs(fixtures, jobs);
    const group = [...all.map(() => newJob({ group: "g" })), newJob(), newJob({ afterGroup: ["g"] })];
    const against = async (what: string, jobs: readonly NewJob[], atMost: number) => {
      const { first, second, ratio } = await inTurns(drain(jobs), drain(plain), ROUNDS);
      return {
        what: `${what} of ${JOBS}, enqueued and drained`,
        measured: showMs(first),
        against: `as many that need nothing ${showMs(second)}`,
        figure: ratio,
        target: { atMost },
      };
    };
    return [await against("a diamond", diamond, 3), await against("a group", group, 1.5)];
  },
};

async function drainMs(fixtures: Fixtures, jobs: readonly NewJob[]): Promise<number> {
  const store = await openStore(fixtures.fresh().home);
  try {
    const workers = [{ id: "w", slots: AT_ONCE, queues: null }];
    await store.register(newSupervisor("s", { leaseUntil: systemClock.now() + 3_600_000, workers }));
    return await timeMs(async () => {
      await store.enqueue([...jobs], {
        ...{ now: systemClock.now(), idFormat: "short" },
        joining: { seal: true },
      });
      let settlements: Settlement[] = [];
      let left = jobs.length;
      while (left > 0) {
        const free = new Array<string>(AT_ONCE).fill("w");
        const now = systemClock.now();
        const { claimed } = await store.exchange({
          ...{ supervisor: "s", now, settlements, output: [], free, queues: null },
        });
        left -= settlements.length;
        settlements = claimed.map(({ token }) => settlement(token, { startedAt: now, finishedAt: now }));
      }
      const { counts } = await store.summary(0);
      if (counts.completed !== jobs.length) {
        throw new Error(`${counts.completed} of ${jobs.length} completed`);
      }
    });
  } finally {
    store.close();
  }
}
