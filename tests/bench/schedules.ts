/**
 * @module
 * What schedules cost a worker that has nothing to do: its processor time with ten thousand of them, none of which is
 * due, against the time that passes, and against a worker without any.
 */
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { addSchedules } from "../helpers/schedules.ts";
import type { TempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { background } from "./program.ts";
import type { Row } from "./row.ts";

const MANY = 10_000;
const SETTLING_MS = 3000;
const WATCHED_MS = 15_000;
/** Linux counts in these, whatever the kernel ticks at. */
const TICKS_A_SECOND = 100;

/** Idle workers. */
export const SCHEDULES: Row = {
  name: "schedules",
  async run(fixtures) {
    const [many, none] = [fixtures.fresh(), fixtures.fresh()];
    const store = await openStore(many.home);
    const names = Array.from({ length: MANY }, (_, n) => ({ name: `s${n}`, expression: "0 0 1 1 *" }));
    await addSchedules(store, systemClock.now(), ...names);
    store.close();
    const [withMany, without] = await Promise.all([share(many), share(none)]);
    return [{
      what: "an idle worker's share of a core, 10,000 schedules, and how much more that is",
      measured: `${(withMany * 100).toFixed(2)} %`,
      against: `none ${(without * 100).toFixed(2)} %`,
      figure: Math.max(0, withMany - without),
      target: { atMost: 0.01 },
    }];
  },
};

/** The share of a core that a worker takes while it has nothing to do. */
async function share({ home }: TempDir): Promise<number> {
  await using worker = background(["worker", "start"], home.dir);
  const store = await openStore(home);
  await until("the worker is there", async () => (await store.workers()).length > 0);
  store.close();
  await systemClock.sleep(SETTLING_MS);
  const [before, start] = [seconds(worker.pid), systemClock.monotonicMs()];
  await systemClock.sleep(WATCHED_MS);
  return (seconds(worker.pid) - before) / ((systemClock.monotonicMs() - start) / 1000);
}

/** Processor time of a process, user and system. */
function seconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
