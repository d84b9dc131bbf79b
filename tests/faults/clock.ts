/**
 * @module
 * The wall clock of a worker is set forward and back by an hour while it runs jobs and another worker looks on. Leases
 * and timeouts must not notice; scheduled jobs must.
 */
import { systemClock } from "../../src/system/clock.ts";
import { MAIN } from "../helpers/cli.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath, complaints } from "./aftermath.ts";
import { Charge, VERIFIED } from "./charge.ts";
import type { Fault } from "./fault.ts";
import { FAILS, plain, TALKS, timesOut, WAITS } from "./kinds.ts";
import { preload, whyNoPreload } from "./preload.ts";
import { type WorkerChild, Workers } from "./workers.ts";

const ROUNDS = { short: 1, full: 20 } as const;
const HOUR_S = 3600;
const TIMEOUT_MS = 4000;
/** What a loaded machine may add to that. */
const LATE_MS = 15_000;

/** A wall clock that is set. */
export const CLOCK: Fault = {
  name: "clock",
  impossible: whyNoPreload(),
  async run(scale) {
    const found: string[] = [];
    for (let round = 0; round < ROUNDS[scale]; round++) found.push(...await setTheClock());
    return {
      injected: `the clock of ${ROUNDS[scale]} workers set forward by an hour, and back by two`,
      checked: [
        ...VERIFIED,
        "no lease ended",
        "the timeout fired neither early nor late",
        "a scheduled job followed the wall clock",
        ...AFTERMATH,
      ],
      found,
    };
  },
};

async function setTheClock(): Promise<string[]> {
  using test = await testStore();
  await using workers = new Workers(test);
  await test.set({ lease: "2", poll_interval: "0.1" });
  const clock = test.dir.file("clock");
  const set = (seconds: number) => Deno.writeTextFileSync(clock, String(seconds));
  set(0);
  const charge = new Charge(test);
  const [timesOutId] = await charge.enqueue(timesOut(TIMEOUT_MS), WAITS, WAITS, TALKS, FAILS);
  const env = { ...await preload("clock.c", test.dir.path), CLOCK_FILE: clock };
  const flags = ["run", "--no-prompt", "--allow-all"];
  const worker = workers.start(["--slots", "8"], { flags, entry: MAIN, env });
  await until("its jobs have begun", () => charge.ids.every((id) => charge.hasStarted(id)));
  const startMs = systemClock.monotonicMs();
  workers.start(["--queue", "other"]);
  const timedOut = until(
    "it has timed out",
    async () => (await test.store.get(timesOutId!))!.state === "dead",
  )
    .then(() => systemClock.monotonicMs() - startMs);

  set(HOUR_S);
  await renewedBy(test, { worker, aheadS: HOUR_S });
  const [scheduled] = await charge.enqueue({
    ...plain(),
    changes: { runAt: Date.now() + (HOUR_S / 2) * 1000 },
  });
  await test.reaches(scheduled!, "completed");
  set(-HOUR_S);
  await renewedBy(test, { worker, aheadS: -HOUR_S });
  const tookMs = await timedOut;
  set(0);
  await renewedBy(test, { worker, aheadS: 0 });
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await until("all jobs have ended", () => charge.over());

  const found = [...await aftermath(test, workers), ...await charge.verify(), ...complaints(workers.log)];
  if (/tak(en|ing) over|cut off/.test(workers.log)) found.push(`A lease ended: ${workers.log}`);
  // The start was seen a little late.
  if (tookMs < TIMEOUT_MS - 500 || tookMs > TIMEOUT_MS + LATE_MS) {
    found.push(`A timeout of ${TIMEOUT_MS} ms fired after ${tookMs.toFixed()} ms.`);
  }
  return found;
}

/** Waits until a worker has renewed its lease by a clock that is that far ahead. */
async function renewedBy(
  test: TestStore,
  { worker, aheadS }: { worker: WorkerChild; aheadS: number },
): Promise<void> {
  await until("it has renewed its lease by the new time", async () => {
    const one = (await test.store.workers()).find(({ pid }) => pid === worker.pid);
    return one && Math.abs(one.leaseUntil - Date.now() - aheadS * 1000) < HOUR_S * 500;
  });
}
