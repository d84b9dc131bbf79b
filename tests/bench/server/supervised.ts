/**
 * @module
 * A new store on a server with some supervisors, each with connections of its own as if it were on a host of its own.
 * They claim and settle without running anything, so what is measured is the store.
 */
import type { Settlement, Store } from "../../../src/store/contract.ts";
import { openPostgresStore } from "../../../src/store/postgres/open.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { newJob, newSupervisor, settlement } from "../../helpers/jobs.ts";
import { newAddress, type Server } from "../../helpers/postgres.ts";
import { type TempDir, tempDir } from "../../helpers/temp.ts";

/** How many supervisors there are, and how many jobs each of them takes at a time. */
export interface Shape {
  supervisors: number;
  batch: number;
}

/** A store on a server, with supervisors. */
export class Supervised implements Disposable {
  readonly #dir: TempDir;
  readonly #stores: readonly Store[];
  readonly #batch: number;

  private constructor(readonly address: string, dir: TempDir, stores: readonly Store[], batch: number) {
    this.#dir = dir;
    this.#stores = stores;
    this.#batch = batch;
  }

  /** Makes the store, and drains a few jobs so that every connection has done its work once. */
  static async on(server: Server, { supervisors, batch }: Shape): Promise<Supervised> {
    const dir = tempDir();
    const address = newAddress(server);
    const stores: Store[] = [];
    for (let n = 0; n < supervisors; n++) stores.push(await openPostgresStore(address, dir.home, {}));
    const leaseUntil = systemClock.now() + 24 * 3_600_000;
    for (const [n, store] of stores.entries()) await store.register(newSupervisor(`s${n}`, { leaseUntil }));
    const made = new Supervised(address, dir, stores, batch);
    await made.fill(supervisors * batch * 10);
    await made.drain();
    return made;
  }

  /** Enqueues jobs, spread over some queues. Returns how many a second. */
  async fill(count: number, queues = 1): Promise<number> {
    const jobs = Array.from({ length: count }, (_, n) => newJob({ queue: `queue-${n % queues}` }));
    const start = systemClock.monotonicMs();
    await this.#stores[0]!.enqueue(jobs, { now: systemClock.now(), idFormat: "short" });
    return count / (systemClock.monotonicMs() - start) * 1000;
  }

  /**
   * Claims and settles until nothing is left, or so many are claimed. Returns how many a second. `onClaimed` hears how many
   * there are so far.
   */
  async drain(most = Infinity, onClaimed: (claimed: number) => void = () => {}): Promise<number> {
    let claimed = 0;
    const start = systemClock.monotonicMs();
    await Promise.all(this.#stores.map(async (store, n) => {
      let settlements: Settlement[] = [];
      do {
        const now = systemClock.now();
        const free = claimed < most ? Array.from({ length: this.#batch }, () => `s${n}-worker`) : [];
        const wanted = { supervisor: `s${n}`, now, settlements, output: [], free, queues: null };
        const exchanged = await store.exchange(wanted);
        claimed += exchanged.claimed.length;
        onClaimed(claimed);
        settlements = exchanged.claimed.map(({ token }) => settlement(token, { finishedAt: now }));
      } while (settlements.length > 0);
    }));
    return claimed / (systemClock.monotonicMs() - start) * 1000;
  }

  /** Fills it and drains it. Returns how many jobs a second are claimed and settled. */
  async refill(count: number, queues = 1): Promise<number> {
    await this.fill(count, queues);
    return await this.drain();
  }

  /** Lets go of the server. */
  [Symbol.dispose](): void {
    for (const store of this.#stores) store.close();
    this.#dir[Symbol.dispose]();
  }
}
