/**
 * @module
 * Workers are killed, one after the other, while they run all kinds of jobs. The jobs must not notice.
 */
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath, complaints } from "./aftermath.ts";
import { Charge, VERIFIED } from "./charge.ts";
import type { Fault, Scale } from "./fault.ts";
import {
  BECOMES_ANOTHER,
  CANCELLED,
  FAILS,
  KEEPS_FAILING,
  type Kind,
  plain,
  SHOUTS,
  TALKS,
  timesOut,
  TRAPS_EXIT,
  WORKS_LATER,
} from "./kinds.ts";
import { Workers } from "./workers.ts";

const PROCESSES = 3;
const ARGS = ["--count", "2"];
const TIMEOUT_MS = 2000;
/** A timeout is noticed late when the worker was killed just then, and on a slow machine. The job itself takes longer. */
const TIMEOUT_LATE_MS = 120_000;
/** Several, since any one of them may be lucky with its worker. */
const TIMEOUTS = 5;

const SIZES = {
  short: { jobs: 120, long: 6, longest: 2 },
  full: { jobs: 2000, long: 200, longest: 4 },
} as const satisfies Record<Scale, unknown>;

/** Workers killed, jobs untouched. */
export const WORKER_STORM: Fault = {
  name: "worker-storm",
  hasGaps: true,
  async run(scale, circumstances) {
    using test = await testStore();
    await using workers = new Workers(test, circumstances);
    const charge = new Charge(test);
    const found: string[] = [];
    await test.set({ backoff_base: "0.2", backoff_factor: "1" });
    const ids = await charge.enqueue(...storm(scale));
    const timingOut = await charge.enqueue(...Array.from({ length: TIMEOUTS }, () => timesOut(TIMEOUT_MS)));
    const [cancelled] = await charge.enqueue(CANCELLED);

    for (let i = 0; i < PROCESSES; i++) workers.start(ARGS);
    let killed = 0;
    let cancelling = false;
    // at once, since nothing else may go on: it may be the last that runs
    const over = async () => {
      if (!cancelling && charge.hasStarted(cancelled!)) {
        cancelling = true;
        await test.store.cancel([cancelled!], Date.now());
      }
      return await charge.over();
    };
    while (found.length === 0 && !await over()) {
      const newcomer = workers.replaceOne(ARGS);
      killed += 1;
      await workers.haveGoneOn(newcomer, over).catch((error) => found.push(error.message));
    }
    timingOut.push(await whileAllAreDead());
    const ranMs = await Promise.all(timingOut.map(howLong));
    found.push(...ranMs.flatMap((ms, i) => {
      if (ms >= TIMEOUT_MS && ms <= TIMEOUT_MS + TIMEOUT_LATE_MS) return [];
      return [`${timingOut[i]} ran for ${ms} ms, though it may run for ${TIMEOUT_MS} ms.`];
    }));

    found.push(...await aftermath(test, workers), ...complaints(workers.log), ...await charge.verify());
    return {
      injected: `${killed} workers killed, and once all of them at the same time, under ${ids.length} jobs`,
      checked: [
        ...VERIFIED,
        `timeouts of ${TIMEOUT_MS} ms fire at about the right time, also while all workers are dead ` +
        `(after ${Math.min(...ranMs)} to ${Math.max(...ranMs)} ms)`,
        ...AFTERMATH,
      ],
      found,
    };

    /** Nobody is there when one job ends and another should time out. Returns the latter's id. */
    async function whileAllAreDead(): Promise<string> {
      const [ends, timesOutAlone] = await charge.enqueue(FAILS, timesOut(TIMEOUT_MS));
      const both = [ends!, timesOutAlone!];
      await until("both jobs run", () => both.every((id) => charge.hasStarted(id)));
      await workers.killAll();
      killed += PROCESSES;
      const { startedAt } = (await test.store.get(timesOutAlone!))!;
      await until("its time is over", () => Date.now() > startedAt! + TIMEOUT_MS);
      workers.start(ARGS);
      await until("both jobs have ended", () => charge.over()).catch((error) => found.push(error.message));
      return timesOutAlone!;
    }

    async function howLong(id: string): Promise<number> {
      const { startedAt, finishedAt } = (await test.store.get(id))!;
      return (finishedAt ?? Date.now()) - startedAt!;
    }
  },
};

/** Mostly short jobs, some long ones, and every kind again and again. */
function storm(scale: Scale): Kind[] {
  const { jobs, long, longest } = SIZES[scale];
  const special = [FAILS, KEEPS_FAILING, WORKS_LATER, BECOMES_ANOTHER, TRAPS_EXIT, TALKS, SHOUTS];
  return Array.from({ length: jobs }, (_, i) => {
    if (i % Math.floor(jobs / long) === 0) return plain(1 + Math.random() * (longest - 1));
    return i % 5 === 1 ? special[Math.floor(i / 5) % special.length]! : plain();
  });
}
