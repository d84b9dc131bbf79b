/**
 * @module
 * Whether a worker process grows: its resident memory after 50,000 jobs against after 1,000. One run, not the
 * median of five: it takes a minute or more.
 */
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import type { TempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { fill } from "./fixtures.ts";
import { median } from "./measure.ts";
import { background } from "./program.ts";
import type { Row } from "./row.ts";

const FEW = 1000;
const MANY = 50_000;
const PATIENCE_MS = 15 * 60_000;

/** Memory of a worker process. */
export const MEMORY: Row = {
  name: "memory",
  async run(fixtures) {
    const dir = fixtures.fresh();
    await using worker = background(["worker", "start", "--count", "2"], dir.home.dir);
    await fill(dir, FEW);
    await drained(dir, FEW);
    const few = await residentKiB(worker.pid);
    await fill(dir, MANY - FEW);
    await drained(dir, MANY);
    const many = await residentKiB(worker.pid);
    return [{
      what: "memory of a worker process, 50,000 jobs",
      measured: showMiB(many),
      against: `1,000 jobs ${showMiB(few)}`,
      figure: many / few,
      target: { atMost: 1.1 },
    }];
  },
};

async function drained({ home }: TempDir, count: number): Promise<void> {
  const store = await openStore(home);
  await until(`${count} jobs have completed`, async () => {
    await systemClock.sleep(200); // looking on must not compete with the work
    return (await store.queues()).reduce((sum, { counts }) => sum + counts.completed, 0) === count;
  }, PATIENCE_MS);
  store.close();
}

/** The median over a while, since the collector works in steps. */
async function residentKiB(pid: number): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < 20; i++) {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(await Deno.readTextFile(`/proc/${pid}/status`));
    samples.push(Number(line![1]));
    await systemClock.sleep(100);
  }
  return median(samples);
}

function showMiB(kib: number): string {
  return `${(kib / 1024).toFixed(1)} MiB`;
}
