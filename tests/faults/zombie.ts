/**
 * @module
 * A worker that believes in a lease it no longer has: it goes on watching jobs that others have taken over, and
 * settles them, too. Nothing of that may be accepted.
 */
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath } from "./aftermath.ts";
import { Charge, VERIFIED } from "./charge.ts";
import type { Circumstances, Fault } from "./fault.ts";
import { faultyProgram } from "./faulty_program.ts";
import {
  BECOMES_ANOTHER,
  FAILS,
  type Kind,
  plain,
  TALKS,
  timesOut,
  TRAPS_EXIT,
  WAITS,
  WAITS_AND_FAILS,
} from "./kinds.ts";
import { type WorkerChild, Workers } from "./workers.ts";

const SLOTS = ["--slots", "16"];
const ROUNDS = { short: 1, full: 20 } as const;

/** Some end before the lease does, some while there are two, and some after that. */
const IN_HAND: readonly Kind[] = [
  FAILS,
  TALKS,
  BECOMES_ANOTHER,
  TRAPS_EXIT,
  plain(1),
  plain(2.5),
  timesOut(3000),
  WAITS,
  WAITS_AND_FAILS,
];

/** Workers that do not know that their time is over. */
export const ZOMBIE: Fault = {
  name: "zombie",
  hasGaps: true,
  async run(scale, circumstances) {
    const found: string[] = [];
    for (let round = 0; round < ROUNDS[scale]; round++) found.push(...await outlive(circumstances));
    return {
      injected: `${
        ROUNDS[scale]
      } workers that went on after their lease; of their heirs, one was killed each time`,
      checked: [...VERIFIED, "late results were tried and refused", ...AFTERMATH],
      found,
    };
  },
};

async function outlive(circumstances?: Circumstances): Promise<string[]> {
  using test = await testStore();
  await using workers = new Workers(test, circumstances);
  const charge = new Charge(test);
  await test.set({ lease: "2", backoff_base: "0", poll_interval: "0.1" });
  const zombie = workers.start(SLOTS, faultyProgram({ point: "deaf", marker: test.dir.file("marker") }));
  const [itself] = await until("the zombie is there", () => workersOf(zombie, test));
  await charge.enqueue(...IN_HAND);
  await until("its jobs have begun", () => charge.ids.every((id) => charge.hasStarted(id)));

  for (const heir of [workers.start(SLOTS), workers.start(SLOTS)]) {
    await until("an heir is there", () => workersOf(heir, test));
  }
  const heir = await until("an heir runs them", () => runner(test, { workers, butNot: zombie }));
  heir.signal("SIGKILL");
  await until("the other heir runs them", async () => {
    const other = await runner(test, { workers, butNot: zombie });
    return other && other !== heir;
  });
  Deno.writeTextFileSync(test.dir.file("go"), "");
  const found: string[] = [];
  await until("all jobs have ended", () => charge.over()).catch((error) => found.push(error.message));
  await until("a late result was refused", () => refused(workers.log).length > 0)
    .catch((error) => found.push(error.message));
  zombie.signal("SIGTERM");
  await until("the zombie has stopped", () => !workers.alive.includes(zombie))
    .catch((error) => found.push(error.message));
  found.push(...await aftermath(test, workers), ...await charge.verify());
  const others = refused(workers.log).filter((line) => !line.includes(itself!));
  if (others.length > 0) found.push(`A rightful result was refused: ${others[0]}`);
  if (/uncaught|panicked/i.test(workers.log)) found.push(`A worker crashed: ${workers.log}`);
  return found;
}

function refused(log: string): string[] {
  return log.split("\n").filter((line) => line.includes("refused"));
}

/** The ids of the workers of a process; undefined when there are none. */
async function workersOf({ pid }: WorkerChild, { store }: TestStore): Promise<string[] | undefined> {
  const ids = (await store.workers()).filter((worker) => worker.pid === pid).map(({ id }) => id);
  return ids.length > 0 ? ids : undefined;
}

/** The process that runs jobs now, if that is not the given one. */
async function runner(
  { store }: TestStore,
  { workers, butNot }: { workers: Workers; butNot: WorkerChild },
): Promise<WorkerChild | undefined> {
  const busy = (await store.workers()).find(({ running, pid }) => running.length > 0 && pid !== butNot.pid);
  return workers.alive.find(({ pid }) => pid === busy?.pid);
}
