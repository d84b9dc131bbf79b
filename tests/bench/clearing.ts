/**
 * @module
 * 30,000 jobs that are retried, cleared and pruned: how long somebody else waits meanwhile at the longest, in the store of
 * a home and in one on a server.
 */
import type { Store } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import type { Home } from "../../src/system/home.ts";
import { changeAll } from "../../src/views/change_all.ts";
import { death, newJob, newSupervisor } from "../helpers/jobs.ts";
import { newAddress, postgresServer } from "../helpers/postgres.ts";
import { Bystander, longestAlone, open } from "./bystander.ts";
import { showMs, timeMs } from "./measure.ts";
import type { Result, Row } from "./row.ts";

const JOBS = 30_000;
/** Jobs that die in one exchange. */
const AT_ONCE = 1_000;
/** Somebody else waits no longer than this, in ms. */
const LONGEST = 100;

/** What is done to very many jobs by pages. */
export const CLEARING: Row = {
  name: "clearing",
  async run(fixtures) {
    const { home } = fixtures.fresh();
    const results = await clear("", { home, address: "" });
    const server = await postgresServer();
    if (server.url === undefined) console.error(server.missing);
    else results.push(...await clear(", on a server", { home, address: newAddress(server) }));
    return results;
  },
};

async function clear(where: string, { home, address }: { home: Home; address: string }): Promise<Result[]> {
  const store = await open(home, address);
  try {
    const workers = [{ id: "w", slots: AT_ONCE, queues: null }];
    await store.register(newSupervisor("s", { leaseUntil: systemClock.now() + 24 * 3_600_000, workers }));
    await die(store);
    await using bystander = new Bystander(home, address);
    const results: Result[] = [];
    const measure = async (what: string, action: () => Promise<unknown>) => {
      const alone = await longestAlone(bystander);
      const ms = await timeMs(action);
      const figure = await bystander.longestMs();
      results.push({
        what: `${what} ${JOBS}${where}: the longest wait of somebody else`,
        measured: `${showMs(figure)}, of ${showMs(ms)}`,
        against: `with nothing else to do ${showMs(alone)}`,
        figure,
        target: { atMost: LONGEST },
      });
    };
    const now = systemClock.now();
    await measure(
      "retry",
      () => changeAll(store, { which: { state: "dead" }, wish: { verb: "retry" } }, { now }),
    );
    await measure(
      "clear",
      () => changeAll(store, { which: { queue: "default" }, wish: { verb: "delete" } }, { now }),
    );
    await die(store);
    await measure("prune", () => pruneAll(store));
    return results;
  } finally {
    store.close();
  }
}

/** Makes so many dead jobs. */
async function die(store: Store): Promise<void> {
  const now = systemClock.now();
  await store.enqueue(new Array(JOBS).fill(newJob()), { now, idFormat: "short" });
  const exchange = (tokens: readonly string[], free: number) =>
    store.exchange({
      ...{ supervisor: "s", now, output: [], queues: ["default"] },
      settlements: tokens.map((token) => ({ ...death(token), finishedAt: now })),
      free: new Array(free).fill("w"),
    });
  let tokens: string[] = [];
  do {
    tokens = (await exchange(tokens, AT_ONCE)).claimed.map(({ token }) => token);
  } while (tokens.length > 0);
}

async function pruneAll(store: Store): Promise<void> {
  const kept = { endedMs: null, deadMs: 1, ofQueues: true };
  const now = systemClock.now() + 1_000;
  let after: string | null | undefined;
  while (after !== null) {
    const pruned = await store.prune(kept, { now, limit: 1_000, ...after !== undefined && { after } });
    after = pruned.after;
    await systemClock.sleep(25); // as those who maintain a store do
  }
}
