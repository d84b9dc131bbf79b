/**
 * @module
 * What somebody who has nothing to do with it waits for at the longest while very much is done at once, in the store of a
 * home and in one on a server, beside what the same one waits for in the same run while nothing is done.
 */
import type { Settlement, Store } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import type { Home } from "../../src/system/home.ts";
import { newSupervisor } from "../helpers/jobs.ts";
import { newAddress, postgresServer } from "../helpers/postgres.ts";
import { Bystander, open } from "./bystander.ts";
import type { Fixtures } from "./fixtures.ts";
import { showMs, timeMs } from "./measure.ts";
import type { Result } from "./row.ts";

/** A store with somebody beside; the supervisor of `exchange` is registered in it. */
export interface Beside {
  store: Store;
  /** Does something, and adds a result. */
  measure(what: string, action: () => Promise<unknown>): Promise<void>;
  /** Hands in settlements, and takes a job for each of so many places. Returns the tokens. */
  exchange(settlements: readonly Settlement[], places: number): Promise<string[]>;
}

/** Does the same in both kinds of stores. Somebody else is to wait no longer than `longestMs`. */
export async function beside(
  fixtures: Fixtures,
  work: (at: Beside) => Promise<void>,
  longestMs = 200,
): Promise<Result[]> {
  const { home } = fixtures.fresh();
  const results = await inStore(home, { address: "", where: "", longestMs }, work);
  const server = await postgresServer();
  if (server.url === undefined) console.error(server.missing);
  else {
    const address = newAddress(server);
    results.push(...await inStore(home, { address, where: ", on a server", longestMs }, work));
  }
  return results;
}

async function inStore(
  home: Home,
  { address, where, longestMs }: { address: string; where: string; longestMs: number },
  work: (at: Beside) => Promise<void>,
): Promise<Result[]> {
  const store = await open(home, address);
  try {
    const workers = [{ id: "w", slots: 1, queues: null }];
    await store.register(newSupervisor("s", { leaseUntil: systemClock.now() + 24 * 3_600_000, workers }));
    await using bystander = new Bystander(home, address);
    const results: Result[] = [];
    await work({
      store,
      async measure(what, action) {
        const alone = await idle(bystander);
        const ms = await timeMs(action);
        const figure = await bystander.longestMs();
        results.push({
          what: `${what}${where}: the longest wait of somebody else`,
          measured: `${showMs(figure)}, of ${showMs(ms)}`,
          against: `with nothing else to do ${showMs(alone)}`,
          figure,
          target: { atMost: longestMs },
        });
      },
      async exchange(settlements, places) {
        const { claimed } = await store.exchange({
          ...{ supervisor: "s", now: systemClock.now(), settlements, output: [], queues: ["default"] },
          free: new Array<string>(places).fill("w"),
        });
        return claimed.map(({ token }) => token);
      },
    });
    return results;
  } finally {
    store.close();
  }
}

/** How long it waits at the longest while nobody else does anything. */
async function idle(bystander: Bystander): Promise<number> {
  await bystander.longestMs();
  await systemClock.sleep(2000);
  return await bystander.longestMs();
}
