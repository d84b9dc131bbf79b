/**
 * @module
 * How soon an idle worker starts a job: from just before the enqueueing transaction to the moment when the job's
 * command has run its first instruction, 200 times.
 *
 * The command writes a byte to a named pipe on which this program waits; `echo` is part of the shell, so no
 * further process is started. Both ends err on the slow side: the commit itself is counted, and so are the
 * shell's own start and the waking up of this reader.
 */
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { newJob } from "../helpers/jobs.ts";
import type { TempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { percentile, showMs } from "./measure.ts";
import { background, processMs } from "./program.ts";
import type { Result, Row, Target } from "./row.ts";

const SAMPLES = 200;
/** Jobs before the samples begin, so that the worker's code has been compiled. */
const WARM_UP = 10;

/** Starting a job that was just enqueued. */
export const PICKUP: Row = {
  name: "pickup",
  async run(fixtures) {
    return linesOf("pick-up by an idle worker", await pickUps(fixtures.fresh()), [{ atMost: 5 }, {
      atMost: 25,
    }]);
  },
};

/**
 * How long an idle worker of a home takes to start a job, in ms, again and again.
 *
 * @param permitted what the worker needs besides what a store in a file takes
 */
export async function pickUps({ home, file }: TempDir, permitted: readonly string[] = []): Promise<number[]> {
  const pipe = file("pipe");
  await processMs("mkfifo", [pipe]);
  // Open for both, or opening would wait for the other side and the end of each job would look like the end.
  using reader = await Deno.open(pipe, { read: true, write: true });
  const store = await openStore(home);
  await using _worker = background(["worker", "start"], home.dir, permitted);
  await until("the worker has registered", async () => (await store.workers()).length > 0);

  const samples: number[] = [];
  for (let i = -WARM_UP; i < SAMPLES; i++) {
    await idle(store);
    // Not in step with any timer of the worker's.
    await systemClock.sleep(20 + 40 * Math.random());
    const start = systemClock.monotonicMs();
    await store.enqueue([newJob({ command: `echo >"${pipe}"` })], {
      now: systemClock.now(),
      idFormat: "short",
    });
    await reader.read(new Uint8Array(1));
    if (i >= 0) samples.push(systemClock.monotonicMs() - start);
  }
  await idle(store);
  store.close();
  return samples;
}

async function idle(store: Store): Promise<void> {
  await until(
    "the worker is idle",
    async () => (await store.workers()).every((one) => one.running.length === 0),
  );
}

/** The median and the 99th percentile. */
export function linesOf(
  what: string,
  samples: readonly number[],
  targets: readonly [Target, Target],
): Result[] {
  return [0.5, 0.99].map((q, at) => {
    const ms = percentile(samples, q);
    return {
      what: `${what}, p${q * 100} of ${SAMPLES}`,
      measured: showMs(ms),
      against: "",
      figure: ms,
      target: targets[at]!,
    };
  });
}
