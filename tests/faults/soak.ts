/**
 * @module
 * Hours of ordinary work, in small: jobs come steadily, and what the workers use must not grow. Length in minutes
 * by `FAULT_SOAK_MINUTES`, 30 unless it says otherwise.
 */
import { systemClock } from "../../src/system/clock.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath, complaints, filesIn } from "./aftermath.ts";
import { Charge, VERIFIED } from "./charge.ts";
import type { Fault, Scale } from "./fault.ts";
import { BECOMES_ANOTHER, FAILS, type Kind, plain, SHOUTS, TALKS, TRAPS_EXIT, WORKS_LATER } from "./kinds.ts";
import { openFiles, statusField } from "./processes.ts";
import { type WorkerChild, Workers } from "./workers.ts";

const PROCESSES = 2;
const ARGS = ["--count", "2", "--slots", "2"];
const SLOTS = PROCESSES * 2 * 2;
const BATCH_INTERVAL_MS = 500;
/** Ten jobs every half second: twenty a second. */
const BATCH: readonly Kind[] = [
  ...Array.from({ length: 7 }, () => plain()),
  plain(0.2),
  FAILS,
];
/** One of these with each batch. */
const SPECIAL: readonly Kind[] = [TALKS, SHOUTS, WORKS_LATER, BECOMES_ANOTHER, TRAPS_EXIT];
const LENGTH_MS = { short: 8000, full: 30 * 60_000 } as const;
/** Part of the time after which caches are full and code is compiled. */
const WARM_UP = 0.1;

/** What was used at one moment, all workers together. */
interface Sample {
  memoryMiB: number;
  openFiles: number;
  threads: number;
  logMiB: number;
  spooled: number;
}

/** What each figure may be at the end, given what it was at the beginning. */
const BOUNDS: Readonly<Record<keyof Sample, { name: string; atMost(first: number): number }>> = {
  memoryMiB: { name: "memory in MiB", atMost: (first) => first * 1.15 + 8 },
  openFiles: { name: "open files", atMost: (first) => first + 4 },
  threads: { name: "threads", atMost: (first) => first + 2 },
  logMiB: { name: "write-ahead log in MiB", atMost: (first) => first * 1.5 + 4 },
  spooled: { name: "files in the spool", atMost: (first) => first * 1.5 + 8 },
};
/** The short form ends before everything is warm: a worker's memory grows at first. */
const SHORT_MEMORY_MIB = 150;
/**
 * And in so few samples it is chance how many slots are busy: a slow machine falls behind. What one holds open is far
 * less than a file for each job that has run, which would come to a hundred.
 */
const FILES_OF_A_SLOT = 4;

/** Steady work for a long time. */
export const SOAK: Fault = {
  name: "soak",
  async run(scale) {
    using test = await testStore();
    await using workers = new Workers(test);
    const charge = new Charge(test);
    await test.set({ backoff_base: "0.5" });
    const running = Array.from({ length: PROCESSES }, () => workers.start(ARGS));
    const ids = await charge.enqueue(...BATCH);
    await until("the workers run", () => charge.over());

    const samples: Sample[] = [];
    const started = performance.now();
    for (let batch = 0; performance.now() - started < lengthMs(scale); batch++) {
      ids.push(...await charge.enqueue(...BATCH, SPECIAL[batch % SPECIAL.length]!));
      await systemClock.sleep(BATCH_INTERVAL_MS);
      samples.push(take(running, test));
    }
    const found: string[] = [];
    await until("all jobs have ended", () => charge.over()).catch((error) => found.push(error.message));
    found.push(...await aftermath(test, workers), ...complaints(workers.log));
    const growth = compare(samples, scale);
    found.push(...growth.found, ...await charge.verify());
    const seconds = Math.round(lengthMs(scale) / 1000);
    return {
      injected: `${ids.length} jobs in ${seconds} s, ${samples.length} samples`,
      checked: [...growth.figures, ...VERIFIED, ...AFTERMATH],
      found,
    };
  },
};

function lengthMs(scale: Scale): number {
  const minutes = Number(Deno.env.get("FAULT_SOAK_MINUTES"));
  return scale === "full" && minutes > 0 ? minutes * 60_000 : LENGTH_MS[scale];
}

function take(workers: readonly WorkerChild[], { dir }: TestStore): Sample {
  const sum = (of: (pid: number) => number) => workers.reduce((sum, { pid }) => sum + of(pid), 0);
  return {
    memoryMiB: sum((pid) => statusField(pid, "VmRSS")) / 1024,
    openFiles: sum(openFiles),
    threads: sum((pid) => statusField(pid, "Threads")),
    logMiB: sizeOf(`${dir.home.database}-wal`) / 2 ** 20,
    spooled: filesIn(dir.home.spool).length,
  };
}

/** The last third against the first, after a warm-up. */
function compare(samples: readonly Sample[], scale: Scale): { figures: string[]; found: string[] } {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const third = Math.floor(warm.length / 3);
  const figures: string[] = [];
  const found: string[] = [];
  for (const key of Object.keys(BOUNDS) as (keyof Sample)[]) {
    const first = mean(warm.slice(0, third).map((sample) => sample[key]));
    const last = mean(warm.slice(-third).map((sample) => sample[key]));
    const atMost = mayBe(key, { first, scale });
    const said = `${BOUNDS[key].name} ${first.toFixed(1)}, then ${last.toFixed(1)} (at most ${
      atMost.toFixed(1)
    })`;
    figures.push(said);
    if (last > atMost) found.push(`Grew: ${said}.`);
  }
  return { figures, found };
}

/** What a figure may be at the end. */
function mayBe(key: keyof Sample, { first, scale }: { first: number; scale: Scale }): number {
  if (scale === "short" && key === "memoryMiB") return SHORT_MEMORY_MIB * PROCESSES;
  const chance = scale === "short" && key === "openFiles" ? SLOTS * FILES_OF_A_SLOT : 0;
  return BOUNDS[key].atMost(first) + chance;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
