/**
 * @module
 * One worker process after another leaves with `worker stop --leave` while jobs run, as when a program is replaced
 * again and again, and its successor is there at once. The jobs must not notice, and whoever leaves must leave.
 */
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath, complaints } from "./aftermath.ts";
import { Charge, VERIFIED } from "./charge.ts";
import type { Fault, Scale } from "./fault.ts";
import {
  BECOMES_ANOTHER,
  FAILS,
  KEEPS_FAILING,
  type Kind,
  needing,
  plain,
  PUTS_ITSELF_OFF,
  SHOUTS,
  TALKS,
  timesOut,
  TRAPS_EXIT,
} from "./kinds.ts";
import { Workers } from "./workers.ts";

const PROCESSES = 2;
const ARGS = ["--count", "2"];
const JOBS = { short: 20, full: 1200 } as const satisfies Record<Scale, number>;

/** Mostly long ones: a short job is seldom left. */
const KINDS: readonly Kind[] = [
  plain(1),
  TALKS,
  plain(),
  BECOMES_ANOTHER,
  TRAPS_EXIT,
  PUTS_ITSELF_OFF,
  plain(2),
  FAILS,
  SHOUTS,
  KEEPS_FAILING,
  timesOut(1500),
];

/** Workers that leave. */
export const HANDOVER: Fault = {
  name: "handover",
  hasGaps: true,
  async run(scale, circumstances) {
    using test = await testStore();
    await using workers = new Workers(test, circumstances);
    const charge = new Charge(test);
    await test.set({ backoff_base: "0.1", backoff_factor: "1" });
    const kinds = Array.from({ length: JOBS[scale] }, (_, i) => KINDS[i % KINDS.length]!);
    for (let n = JOBS[scale] / 20; n > 0; n--) kinds.push(...needing(kinds.length));
    await charge.enqueue(...kinds);
    for (let i = 0; i < PROCESSES; i++) workers.start(ARGS);

    const found: string[] = [];
    let left = 0;
    const over = () => charge.over();
    while (found.length === 0 && !await over()) {
      const oldest = workers.alive[0]!;
      const ids = await until("the oldest worker is there", async () => {
        const ids = (await test.store.workers()).filter(({ pid }) => pid === oldest.pid).map(({ id }) => id);
        return ids.length > 0 ? ids : undefined;
      });
      const successor = workers.start(ARGS);
      for (const worker of ids) {
        await test.store.requestStop({ worker, endAt: null, leave: true });
      }
      await until("it has left", () => !workers.alive.includes(oldest));
      const { code } = await oldest.ended;
      if (code !== 0) found.push(`A worker that was to leave ended with exit code ${code}.`);
      left += 1;
      await workers.haveGoneOn(successor, over).catch((error) => found.push(error.message));
    }

    found.push(...await aftermath(test, workers), ...complaints(workers.log), ...await charge.verify());
    if (!workers.log.includes("left to the next worker")) {
      found.push("No job was running when a worker left.");
    }
    return {
      injected: `${left} worker processes replaced under ${charge.ids.length} jobs`,
      checked: [...VERIFIED, "whoever was told to leave did, in order", ...AFTERMATH],
      found,
    };
  },
};
