/**
 * @module
 * 100,000 jobs that need the same one: skipped when that dies, blocked again when it is retried, released when it completes;
 * and how long somebody else waits meanwhile at the longest, in the store of a home and in one on a server.
 */
import type { Settlement, Store } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import type { Home } from "../../src/system/home.ts";
import { changeAll } from "../../src/views/change_all.ts";
import { death, newJob, newSupervisor, settlement } from "../helpers/jobs.ts";
import { newAddress, postgresServer } from "../helpers/postgres.ts";
import { Bystander, longestAlone, open } from "./bystander.ts";
import { showMs, timeMs } from "./measure.ts";
import type { Result, Row } from "./row.ts";

const JOBS = 100_000;
/** Somebody else waits no longer than this, in ms. */
const LONGEST = 200;

/** Very many that need one. */
export const DEPENDENTS: Row = {
  name: "dependents",
  async run(fixtures) {
    const { home } = fixtures.fresh();
    const results = await tell("", { home, address: "" });
    const server = await postgresServer();
    if (server.url === undefined) console.error(server.missing);
    else results.push(...await tell(", on a server", { home, address: newAddress(server) }));
    return results;
  },
};

async function tell(where: string, { home, address }: { home: Home; address: string }): Promise<Result[]> {
  const store = await open(home, address);
  try {
    const workers = [{ id: "w", slots: 1, queues: null }];
    await store.register(newSupervisor("s", { leaseUntil: systemClock.now() + 24 * 3_600_000, workers }));
    await using bystander = new Bystander(home, address);
    const jobs = [newJob(), ...Array.from({ length: JOBS }, () => newJob({ after: [0] }))];
    await store.enqueue(jobs, { now: systemClock.now(), idFormat: "short" });
    const results: Result[] = [];
    const measure = async (what: string, action: () => Promise<unknown>) => {
      const alone = await longestAlone(bystander);
      const ms = await timeMs(action);
      const figure = await bystander.longestMs();
      results.push({
        what: `${what} ${JOBS} that need one${where}: the longest wait of somebody else`,
        measured: `${showMs(figure)}, of ${showMs(ms)}`,
        against: `with nothing else to do ${showMs(alone)}`,
        figure,
        target: { atMost: LONGEST },
      });
    };
    await measure("skip", () => end(store, death));
    const now = systemClock.now();
    await measure(
      "block again",
      () => changeAll(store, { which: { state: "dead" }, wish: { verb: "retry" } }, { now }),
    );
    await measure("release", () => end(store, settlement));
    return results;
  } finally {
    store.close();
  }
}

/** Has the one end, and all be told. */
async function end(store: Store, as: (token: string) => Settlement): Promise<void> {
  const exchange = (settlements: readonly Settlement[], free: readonly string[]) =>
    store.exchange({
      ...{ supervisor: "s", now: systemClock.now(), settlements, output: [] },
      ...{ free, queues: ["default"] },
    });
  const { claimed } = await exchange([], ["w"]);
  await exchange([{ ...as(claimed[0]!.token), finishedAt: systemClock.now() }], []);
  // somebody else tells some of them, too
  while ((await store.summary(0)).counts.blocked > 0) await exchange([], []);
}
