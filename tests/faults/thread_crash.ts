/**
 * @module
 * The threads of a worker crash: each once while it runs jobs, or every one as soon as it starts.
 */
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath } from "./aftermath.ts";
import { Charge, VERIFIED } from "./charge.ts";
import type { Fault } from "./fault.ts";
import { faultyProgram } from "./faulty_program.ts";
import { BECOMES_ANOTHER, FAILS, type Kind, plain, TALKS, TRAPS_EXIT, WORKS_LATER } from "./kinds.ts";
import { Workers } from "./workers.ts";

const IN_HAND: readonly Kind[] = [plain(0.5), FAILS, BECOMES_ANOTHER, TRAPS_EXIT, TALKS, WORKS_LATER];
const ROUNDS = { short: 1, full: 20 } as const;
/** Started anew after 0.1, 0.2, 0.4 … seconds, the fifth thread comes 1.5 s after the first. */
const STARTS = 5;
const LEAST_MS = 1400;

/** Threads that crash. */
export const THREAD_CRASH: Fault = {
  name: "thread-crash",
  async run(scale) {
    const found: string[] = [];
    for (let round = 0; round < ROUNDS[scale]; round++) {
      found.push(...(await whileItRuns()).map((finding) => `A thread that crashed once: ${finding}`));
    }
    found.push(...(await atOnce()).map((finding) => `Threads that crash at once: ${finding}`));
    return {
      injected: `${
        ROUNDS[scale]
      } threads crashed while they ran jobs, and ${STARTS} one after the other as they started`,
      checked: [...VERIFIED, "threads that crash at once are started ever more seldom", ...AFTERMATH],
      found,
    };
  },
};

async function whileItRuns(): Promise<string[]> {
  using test = await testStore();
  await using workers = new Workers(test);
  const charge = new Charge(test);
  await test.set({ backoff_base: "0.1", backoff_factor: "1" });
  await charge.enqueue(...IN_HAND);
  workers.start(["--slots", "8"], faultyProgram({ point: "thread-crash", marker: test.dir.file("marker") }));
  await until("the thread has crashed", () => exists(test.dir.file("marker")));
  const found: string[] = [];
  await until("all jobs have ended", () => charge.over()).catch((error) => found.push(error.message));
  found.push(...await aftermath(test, workers));
  if (!workers.log.includes("crashed and is replaced")) found.push("Nobody said that it crashed.");
  return [...found, ...await charge.verify()];
}

async function atOnce(): Promise<string[]> {
  using test = await testStore();
  await using workers = new Workers(test);
  const charge = new Charge(test);
  await charge.enqueue(plain(), FAILS);
  workers.start([], faultyProgram({ point: "thread-start", marker: test.dir.file("marker") }));
  const times = await until<number[] | undefined>(`${STARTS} threads have crashed`, () => {
    const times = startsIn(test);
    return times.length < STARTS ? undefined : times;
  });
  const tookMs = times[STARTS - 1]! - times[0]!;
  const found = await workers.stop();
  if (tookMs < LEAST_MS) found.push(`${STARTS} of them were started within ${tookMs} ms.`);
  workers.start();
  await until("all jobs have ended", () => charge.over()).catch((error) => found.push(error.message));
  return [...found, ...await aftermath(test, workers), ...await charge.verify()];
}

/** When each thread was started, in ms since the epoch. */
function startsIn({ dir }: TestStore): number[] {
  if (!exists(dir.file("marker"))) return [];
  return Deno.readTextFileSync(dir.file("marker")).trimEnd().split("\n").map(Number);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
