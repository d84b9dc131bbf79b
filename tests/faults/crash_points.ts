/**
 * @module
 * A worker dies at each of the points where its memory, its store and its spool say different things; another
 * one finishes its work.
 */
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath, complaints } from "./aftermath.ts";
import { Charge, VERIFIED } from "./charge.ts";
import type { Circumstances, Fault } from "./fault.ts";
import { type FaultAt, faultyProgram } from "./faulty_program.ts";
import {
  BECOMES_ANOTHER,
  FAILS,
  KEEPS_FAILING,
  type Kind,
  needing,
  plain,
  PUTS_ITSELF_OFF,
  TALKS,
  TRAPS_EXIT,
  WORKS_LATER,
} from "./kinds.ts";
import { type PointName, POINTS } from "./points.ts";
import { Workers } from "./workers.ts";

/** Jobs that are told of the end of one, at points where not all of them are: more than in one transaction. */
const CROWD = 2500;
/** Points that are passed once for each of the transactions in which they are told. */
const OF_CROWDS: readonly PointName[] = ["told"];

/** Enough short ones that some are given ahead, one of each kind that is hard to get right, and some that need others. */
const JOBS: readonly Kind[] = [
  ...needing(0),
  ...Array.from({ length: 8 }, () => plain()),
  plain(0.5),
  FAILS,
  KEEPS_FAILING,
  WORKS_LATER,
  BECOMES_ANOTHER,
  TRAPS_EXIT,
  TALKS,
  PUTS_ITSELF_OFF,
];

/** How many times the worker passes a point before it dies there. */
const PASSES = { short: [1], full: [0, 1, 2, 3, 4, 6, 8] } as const;

/** Points that only those pass who take over from another one. */
const OF_HEIRS: readonly PointName[] = ["taken-over", "barred", "adopted"];

/** They wait most of the time, for each other's processes to start and to be missed. */
const AT_ONCE = 3;

const PATIENCE_MS = 120_000;

/** Workers that die at chosen points. */
export const CRASH_POINTS: Fault = {
  name: "crash-points",
  hasGaps: true,
  async run(scale, circumstances) {
    const points = Object.keys(POINTS) as (keyof typeof POINTS)[];
    const found: string[] = [];
    const left = points.flatMap((point) =>
      (OF_CROWDS.includes(point) ? [0] : PASSES[scale]).map((passes) => ({ point, passes }))
    );
    const workers = left.length + OF_HEIRS.length * PASSES[scale].length;
    const tryThem = async () => {
      for (let one = left.shift(); one; one = left.shift()) {
        const where = `When ${POINTS[one.point]} (${one.point}, pass ${one.passes + 1})`;
        found.push(...(await dieAt(one, circumstances)).map((finding) => `${where}: ${finding}`));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, tryThem));
    return {
      injected: `${workers} workers dead at ${points.length} points (${points.join(", ")})`,
      checked: [...VERIFIED, ...AFTERMATH],
      found,
    };
  },
};

async function dieAt(
  { point, passes }: { point: PointName; passes: number },
  circumstances?: Circumstances,
): Promise<string[]> {
  using test = await testStore();
  await using workers = new Workers(test, circumstances);
  const charge = new Charge(test);
  await test.set({ backoff_base: "0.1", backoff_factor: "1" });
  await charge.enqueue(...JOBS, ...(OF_CROWDS.includes(point) ? needing(JOBS.length, CROWD) : []));
  const deaths: FaultAt[] = [{ point, passes, marker: test.dir.file("marker") }];
  // Somebody must have died before to be taken over from, with some that had begun and some that had not.
  if (OF_HEIRS.includes(point)) {
    deaths[0]!.passes = 0;
    deaths.unshift({
      point: "spawned",
      passes: Math.min(3 + passes, 6),
      marker: test.dir.file("first marker"),
    });
  }
  for (const death of deaths) {
    const { signal } = await workers.start(["--count", "2", "--burst"], faultyProgram(death)).ended;
    if (signal !== "SIGKILL") return [`It never came there: ${workers.log}`];
  }
  workers.start(["--count", "2"]);
  const found: string[] = [];
  await until("all jobs have ended", () => charge.over(), PATIENCE_MS).catch((error) =>
    found.push(error.message)
  );
  found.push(...await aftermath(test, workers), ...await charge.verify());
  return [...found, ...complaints(workers.log)];
}
