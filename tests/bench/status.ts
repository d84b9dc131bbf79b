/**
 * @module
 * Whether `status` costs the same with a million jobs as with a hundred, and about the same with 10,000 queues as with
 * one, as a whole process.
 */
import { inTurns, medianOf, showMs } from "./measure.ts";
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { newJob } from "../helpers/jobs.ts";
import type { TempDir } from "../helpers/temp.ts";
import { queuectlMs } from "./program.ts";
import type { Result, Row } from "./row.ts";

const QUEUES = 10_000;
/** What is asked of them. */
const ASKED = ["status", "list --state pending --json", "metrics"];

/** `status` in a big store. */
export const STATUS: Row = {
  name: "status",
  async run(fixtures) {
    const [big, small] = [await fixtures.million(), await fixtures.filled(100)];
    const { first, second, ratio } = await inTurns(
      () => medianOf(10, () => queuectlMs(["status"], big.home.dir)),
      () => medianOf(10, () => queuectlMs(["status"], small.home.dir)),
    );
    const results: Result[] = [{
      what: "status, 1,000,000 jobs",
      measured: showMs(first),
      against: `100 jobs ${showMs(second)}`,
      figure: ratio,
      target: { atMost: 1.2 },
    }];
    const [many, one] = [fixtures.fresh(), fixtures.fresh()];
    await fillQueues(many, QUEUES);
    await fillQueues(one, 1);
    for (const asked of ASKED) {
      const { first, second, ratio } = await inTurns(
        () => queuectlMs(asked.split(" "), many.home.dir),
        () => queuectlMs(asked.split(" "), one.home.dir),
      );
      results.push({
        what: `${asked}, ${QUEUES} queues`,
        measured: showMs(first),
        against: `one queue ${showMs(second)}`,
        figure: ratio,
        target: { atMost: 2 },
      });
    }
    return results;
  },
};

/** Two jobs a queue of the many, one of them for later; as many jobs in all wherever they are. */
async function fillQueues({ home }: TempDir, queues: number): Promise<void> {
  const store = await openStore(home);
  const now = systemClock.now();
  const jobs = Array.from(
    { length: 2 * QUEUES },
    (_, n) => newJob({ queue: `q${n % queues}`, runAt: n < QUEUES ? null : now + 3_600_000 }),
  );
  await store.enqueue(jobs, { now, idFormat: "short" });
  store.close();
}
