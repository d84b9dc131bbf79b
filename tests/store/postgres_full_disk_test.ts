/**
 * @module
 * A store on a server whose disk is full: what cannot be stored is said, what was acknowledged stays, and when there is
 * room again all goes on. Takes a machine on which the tests may mount.
 */
import assert from "node:assert/strict";
import { StoreFull, StoreUnusable } from "../../src/domain/errors.ts";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Connection } from "../../src/store/postgres/engine/driver.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { claim, claimOne, enqueue, exchangeOf, newSupervisor, settlement, T0 } from "../helpers/jobs.ts";
import { newAddress, ownServer, postgresServer, type Server, testWith } from "../helpers/postgres.ts";
import { mayMount, smallDisk } from "../helpers/small_disk.ts";

const server: Server = mayMount() ? await postgresServer() : { missing: "the tests may not mount here" };

testWith(
  server,
  "PostgreSQL: a server's full disk loses nothing, and all goes on when there is room",
  async () => {
    using disk = smallDisk("20m");
    await using own = await ownServer(); // which lets go of the disk when it ends
    const space = disk.file("space");
    Deno.mkdirSync(space, { mode: 0o700 });
    const { uid, gid } = Deno.statSync(own.dir);
    Deno.chownSync(space, uid, gid);
    const connection = await Connection.open(readAddress(own.url));
    for (
      const sql of [`CREATE TABLESPACE small LOCATION '${space}'`, "CREATE DATABASE small TABLESPACE small"]
    ) {
      await connection.query({ sql }, 60_000);
    }
    connection.close();
    const store = await openPostgresStore(newAddress(own).replace("/postgres?", "/small?"), disk.home, {});
    try {
      await store.register(newSupervisor("s"));
      const ids = await enqueue(store, {}, {}, {});
      const { token, id } = await claimOne(store, "s");
      disk.fill();
      let refused: unknown;
      for (let n = 0; n < 200 && refused === undefined; n++) {
        const stdin = crypto.getRandomValues(new Uint8Array(60_000));
        await enqueue(store, { stdin }).then((more) => ids.push(...more), (error) => refused = error);
      }
      assert.ok(refused instanceof StoreFull, String(refused));
      assert.match(refused.message, /^Cannot write to the store ".*": the server has no room left$/);
      await store.renew("s", T0).catch((error) => {
        assert.ok(error instanceof StoreUnusable && !(error instanceof StoreFull), "others may have room");
      });
      const settles = exchangeOf("s", { settlements: [settlement(token)] });
      let settled = await store.exchange(settles).catch((error) => {
        assert.ok(error instanceof StoreFull, String(error));
        return undefined;
      });
      disk.empty();
      settled ??= await store.exchange(settles);
      assert.deepEqual(settled.refused, []);
      assert.equal((await store.get(id))!.state, "completed");
      assert.equal(await store.renew("s", T0 + 1000), true);
      const there = (await store.list({ limit: 1000, sort: "oldest" })).jobs.map((job) => job.id);
      assert.deepEqual(there, ids);
      assert.equal((await claim(store, "s", { count: 2 })).length, 2);
      assert.deepEqual(await store.recount(), []);
    } finally {
      store.close();
    }
  },
);
