/**
 * @module
 * A store on a PostgreSQL server: ten supervisors settle and claim until nothing is left, a hundred at a time. Then once
 * more, into the store that they have drained: what was planned while it was empty must not slow them down.
 */
import type { Settlement } from "../../src/store/contract.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { newJob, newSupervisor, settlement } from "../helpers/jobs.ts";
import { newAddress, postgresServer } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import type { Row } from "./row.ts";

const SUPERVISORS = 10;
const BATCH = 100;
const JOBS = 20_000;

/** Claiming and settling on a server. */
export const SERVER: Row = {
  name: "server",
  async run() {
    const server = await postgresServer();
    if (server.url === undefined) return [];
    using dir = tempDir();
    const address = newAddress(server);
    const stores = await Promise.all(
      Array.from({ length: SUPERVISORS }, () => openPostgresStore(address, dir.home, {})),
    );
    try {
      for (const [n, store] of stores.entries()) {
        await store.register(newSupervisor(`s${n}`, { leaseUntil: systemClock.now() + 3_600_000 }));
      }
      const drain = async () => {
        await stores[0]!.enqueue(Array.from({ length: JOBS }, () => newJob()), {
          now: systemClock.now(),
          idFormat: "short",
        });
        const start = systemClock.monotonicMs();
        await Promise.all(stores.map(async (store, n) => {
          let settlements: Settlement[] = [];
          do {
            const now = systemClock.now();
            const free = Array.from({ length: BATCH }, () => `s${n}-worker`);
            const wanted = { supervisor: `s${n}`, now, settlements, output: [], free, queues: null };
            const { claimed } = await store.exchange(wanted);
            settlements = claimed.map(({ token }) => settlement(token, { finishedAt: now }));
          } while (settlements.length > 0);
        }));
        return JOBS / (systemClock.monotonicMs() - start) * 1000;
      };
      const first = await drain();
      const again = await drain();
      return [{
        what: `claim + settle on a server, ${SUPERVISORS} supervisors, ${BATCH} at a time`,
        measured: `${Math.round(again)}/s`,
        against: `before it was drained ${Math.round(first)}/s`,
        figure: again / first,
        target: { atLeast: 0.5 },
      }];
    } finally {
      for (const store of stores) store.close();
    }
  },
};
