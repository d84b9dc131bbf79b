/**
 * @module
 * A server that fails and whose standby takes over: with the same address, and nothing that was acknowledged is lost where
 * commits waited for it. Takes pg_basebackup. Slow.
 */
import assert from "node:assert/strict";
import { StoreUnusable } from "../../src/domain/errors.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { claim, claimOne, enqueue, exchangeOf, newSupervisor, settlement } from "../helpers/jobs.ts";
import {
  NO_STANDBY,
  ownServer,
  postgresServer,
  type Server,
  standbyOf,
  testWith,
} from "../helpers/postgres.ts";
import { tamper } from "../helpers/tamper.ts";
import { tempDir } from "../helpers/temp.ts";

const server: Server = NO_STANDBY === undefined ? await postgresServer() : { missing: NO_STANDBY };

/** Does it until there is a server that does it. */
async function patiently<T>(action: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof StoreUnusable)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

testWith(
  server,
  "PostgreSQL: a standby that is waited for takes over with the same address, and nothing acknowledged is lost",
  async () => {
    await using primary = await ownServer();
    await using standby = await standbyOf(primary);
    using dir = tempDir();
    await tamper(primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await tamper(primary.url, "SELECT pg_reload_conf()");
    const hosts = `${encodeURIComponent(standby.dir)},${encodeURIComponent(primary.dir)}`;
    const address = `postgres://queuectl@/postgres?host=${hosts}&target_session_attrs=read-write`;
    const store = await openPostgresStore(address, dir.home, {});
    try {
      await store.register(newSupervisor("s"));
      const ids = await enqueue(store, {}, {}, {});
      const settled = await claimOne(store, "s");
      await store.exchange(exchangeOf("s", { settlements: [settlement(settled.token)] }));
      const running = await claimOne(store, "s");

      await primary.kill();
      await assert.rejects(store.get(ids[0]!), StoreUnusable);
      await tamper(standby.url, "SELECT pg_promote()");
      const settles = exchangeOf("s", { settlements: [settlement(running.token)] });
      assert.deepEqual((await patiently(() => store.exchange(settles))).refused, []);
      ids.push(...await enqueue(store, {}));
      assert.equal(new Set(ids).size, 4, "a number was given again");
      assert.deepEqual(await store.states(ids), ["completed", "completed", "pending", "pending"]);
      assert.deepEqual((await claim(store, "s", { count: 3 })).map(({ id }) => id), ids.slice(2));
      assert.deepEqual(await store.recount(), []);
    } finally {
      store.close();
    }
  },
);
