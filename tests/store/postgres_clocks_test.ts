/**
 * @module
 * Hosts whose clocks are apart, with one store in PostgreSQL: each of them sees the leases of all by its own clock.
 */
import assert from "node:assert/strict";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { type Clock, systemClock } from "../../src/system/clock.ts";
import { newSupervisor } from "../helpers/jobs.ts";
import { newAddress, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";

const server = await postgresServer();

/** A clock that is set wrong by so many minutes. */
const off = (minutes: number): Clock => ({ ...systemClock, now: () => systemClock.now() + minutes * 60_000 });

testWith(
  server,
  "PostgreSQL: leases hold as long as they were to, however far clocks are apart",
  async () => {
    using dir = tempDir();
    const address = newAddress(server);
    const hosts = await Promise.all([0, 5, -5].map(async (minutes) => {
      const clock = off(minutes);
      return { clock, store: await openPostgresStore(address, dir.home, { clock }) };
    }));
    try {
      for (const [n, { clock, store }] of hosts.entries()) {
        await store.register(newSupervisor(`s${n}`, { leaseUntil: clock.now() }));
        assert.equal(await store.renew(`s${n}`, clock.now() + 600_000), true);
      }
      for (const { clock, store } of hosts) {
        const seen = [
          ...await store.supervisors(),
          ...await store.successors("s", 9),
          ...await store.workers(),
        ];
        assert.equal(seen.length, 9);
        for (const { leaseUntil } of seen) {
          const left = leaseUntil - clock.now();
          assert.ok(left > 300_000 && left < 610_000, `${left} ms are left`);
        }
      }
      await hosts[0]!.store.leave("s0");
      assert.equal(await hosts[1]!.store.service("default", hosts[1]!.clock.now()), "served");
    } finally {
      for (const { store } of hosts) store.close();
    }
  },
);
