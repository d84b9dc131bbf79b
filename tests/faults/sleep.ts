/**
 * @module
 * A worker process sleeps for longer than its lease, as on a laptop that is closed or a machine that is paused:
 * with another worker there, and with nobody else.
 */
import { systemClock } from "../../src/system/clock.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath, complaints } from "./aftermath.ts";
import { Charge, VERIFIED } from "./charge.ts";
import type { Circumstances, Fault } from "./fault.ts";
import { BECOMES_ANOTHER, FAILS, type Kind, plain, TALKS, TRAPS_EXIT, WAITS } from "./kinds.ts";
import { type WorkerChild, Workers } from "./workers.ts";

const LEASE_MS = 1000;
const SETTINGS = { lease: String(LEASE_MS / 1000), backoff_base: "0", poll_interval: "0.1" };
const SLOTS = ["--slots", "8"];
/** How often in the full form. */
const ROUNDS = { short: 1, full: 20 } as const;

/** What the sleeper has in hand: jobs that end while it sleeps, and some that end after that. */
const IN_HAND: readonly Kind[] = [plain(1), FAILS, BECOMES_ANOTHER, TRAPS_EXIT, TALKS, WAITS, WAITS];

/** Workers that sleep. */
export const SLEEP: Fault = {
  name: "sleep",
  hasGaps: true,
  async run(scale, circumstances) {
    const found: string[] = [];
    for (let round = 0; round < ROUNDS[scale]; round++) {
      const [another, nobody] = await Promise.all([withAnother(circumstances), alone(circumstances)]);
      found.push(...another.map((finding) => `Another one there: ${finding}`));
      found.push(...nobody.map((finding) => `Nobody else there: ${finding}`));
    }
    return {
      injected: `${ROUNDS[scale] * 2} workers stopped for longer than their lease, and woken`,
      checked: [
        ...VERIFIED,
        "no late result was accepted",
        "the sleeper goes on when nobody else is there",
        ...AFTERMATH,
      ],
      found,
    };
  },
};

async function withAnother(circumstances?: Circumstances): Promise<string[]> {
  using test = await testStore();
  await using workers = new Workers(test, circumstances);
  const charge = new Charge(test);
  const sleeper = await busySleeper(test, { workers, charge });
  await putToSleep(sleeper, test);
  const other = workers.start(SLOTS);
  await until("the other one has begun", async () => await isThere(test, other));
  await until("the sleeper's lease is over for everybody", async () => {
    const running = (await test.store.workers()).filter(({ pid }) => pid === sleeper.pid);
    return running.every((worker) => worker.running.length === 0);
  });
  const during = await charge.enqueue(plain(), FAILS);
  await until("jobs go on meanwhile", async () => await haveEnded(test, during));
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await until("all jobs have ended without the sleeper", () => charge.over());
  const before = await everything(test, charge);
  sleeper.signal("SIGCONT");
  await until(
    "the sleeper knows that its time is over",
    () => workers.log.includes("others have taken over"),
  );
  await until("it is back", async () => await isThere(test, sleeper));
  const after = await charge.enqueue(plain(), FAILS);
  await until("jobs go on with both", async () => await haveEnded(test, after));
  const found = await aftermath(test, workers);
  const differs = (await everything(test, charge)).slice(0, before.length).join("\n") !== before.join("\n");
  if (differs) found.push("The sleeper changed jobs that were no longer its own.");
  return [...found, ...await charge.verify()];
}

async function alone(circumstances?: Circumstances): Promise<string[]> {
  using test = await testStore();
  await using workers = new Workers(test, circumstances);
  const charge = new Charge(test);
  const sleeper = await busySleeper(test, { workers, charge });
  await putToSleep(sleeper, test);
  const asleepAt = Date.now();
  await until("its lease is over", () => Date.now() > asleepAt + LEASE_MS * 2);
  sleeper.signal("SIGCONT");
  const after = await charge.enqueue(plain(), FAILS);
  await until("it takes jobs again", async () => await haveEnded(test, after));
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await until("all jobs have ended", () => charge.over());
  const found = await aftermath(test, workers);
  return [...found, ...await charge.verify(), ...complaints(workers.log)];
}

/** A worker process that has begun all jobs in hand. */
async function busySleeper(
  test: TestStore,
  { workers, charge }: { workers: Workers; charge: Charge },
): Promise<WorkerChild> {
  await test.set(SETTINGS);
  const sleeper = workers.start(SLOTS);
  await until("the sleeper is there", async () => await isThere(test, sleeper));
  const ids = await charge.enqueue(...IN_HAND);
  await until("all jobs have begun", () => ids.every((id) => charge.hasStarted(id)));
  return sleeper;
}

/** Stops a worker, but not within a transaction: then everybody would wait for it to go on. */
async function putToSleep(worker: WorkerChild, test: TestStore): Promise<void> {
  while (true) {
    worker.signal("SIGSTOP");
    const patience = new AbortController();
    const written = test.set(SETTINGS).then(() => true);
    const inVain = systemClock.sleep(2 * LEASE_MS, patience.signal).then(() => false);
    const asleep = await Promise.race([written, inVain]);
    patience.abort();
    if (asleep) return;
    worker.signal("SIGCONT");
    await written;
  }
}

async function isThere({ store }: TestStore, { pid }: WorkerChild): Promise<boolean> {
  return (await store.workers()).some((worker) => worker.pid === pid);
}

async function haveEnded({ store }: TestStore, ids: readonly string[]): Promise<boolean> {
  return (await store.states(ids)).every((state) => state === "completed" || state === "dead");
}

/** All there is to know about all jobs and their attempts, a text each. */
async function everything({ store }: TestStore, { ids }: Charge): Promise<string[]> {
  const jobs = ids.map(async (id) => JSON.stringify([await store.get(id), await store.attempts(id)]));
  return await Promise.all(jobs);
}
