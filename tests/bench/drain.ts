/**
 * @module
 * How fast queued commands are run: 2,000 times `true` on two workers, output captured, results flushed.
 *
 * The ceiling is what two cores can do without a queue: `xargs -P2` starting a shell for each, with both streams
 * in files. Each of its two slots uses its own pair of files again, as a worker's slot does: new files for each
 * run would make xargs slower and the comparison kinder than it should be.
 *
 * Two results, since xargs starts in a millisecond and the runtime with its threads does not: the whole
 * process, and the draining alone, from the start of the first job to the end of the last as the store has them.
 * The ratio is of speeds: 1 is as fast as xargs.
 */
import { join } from "node:path";
import { openStore } from "../../src/store/open.ts";
import type { TempDir } from "../helpers/temp.ts";
import { inTurns, median, showMs } from "./measure.ts";
import { processMs, queuectlMs } from "./program.ts";
import type { Row } from "./row.ts";

const JOBS = 2000;

/** Draining a queue. */
export const DRAIN: Row = {
  name: "drain",
  async run(fixtures) {
    const drained: number[] = [];
    const files = join(fixtures.fresh().path, "slot");
    const { first, second, ratio } = await inTurns(
      async () => {
        const dir = await fixtures.filled(JOBS);
        const ms = await queuectlMs(["worker", "start", "--count", "2", "--burst"], dir.home.dir);
        drained.push(await drainedMs(dir));
        return ms;
      },
      () =>
        processMs("sh", [
          "-c",
          'seq "$1" | xargs -P2 -n1 --process-slot-var=SLOT sh -c \'true >"$FILES$SLOT.out" 2>"$FILES$SLOT.err"\'',
          "sh",
          String(JOBS),
        ], { FILES: files }),
    );
    const against = `xargs ${showMs(second)}`;
    return [
      {
        what: `drain ${JOBS} jobs, whole process`,
        measured: showMs(first),
        against,
        figure: 1 / ratio,
        target: { atLeast: 1 },
      },
      {
        what: `drain ${JOBS} jobs, first start to last end`,
        measured: showMs(median(drained)),
        against,
        figure: second / median(drained),
        target: { atLeast: 1 },
      },
    ];
  },
};

/** From the first start to the last end. Throws unless every job has completed. */
async function drainedMs({ home }: TempDir): Promise<number> {
  const store = await openStore(home);
  const { jobs } = await store.list({ state: "completed", limit: JOBS });
  store.close();
  if (jobs.length !== JOBS) throw new Error(`Only ${jobs.length} of ${JOBS} jobs have completed`);
  const starts = jobs.map((job) => job.startedAt!);
  const ends = jobs.map((job) => job.finishedAt!);
  return Math.max(...ends) - Math.min(...starts);
}
