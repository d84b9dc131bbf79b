/**
 * @module
 * With `prepare=false`, for a pooler, nothing stays behind at the server under a name; else what comes again does.
 */
import assert from "node:assert/strict";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Database } from "../../src/store/postgres/engine/database.ts";
import { PostgresStore } from "../../src/store/postgres/store.ts";
import { enqueue, exchangeOf, newSupervisor, settlement } from "../helpers/jobs.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { tempDir } from "../helpers/temp.ts";

const server = await postgresServer();

for (const prepare of [false, true]) {
  testWith(
    server,
    `PostgreSQL: with prepare=${prepare}, ${prepare ? "calls" : "none"} are prepared`,
    async () => {
      using opened = await openedOn(server);
      using dir = tempDir();
      const db = new Database(readAddress(`${opened.address}&prepare=${prepare}`));
      const store = new PostgresStore(dir.home, db, {});
      try {
        await store.register(newSupervisor("s"));
        const [id] = await enqueue(store, {});
        const { claimed } = await store.exchange(exchangeOf("s", { free: ["s-worker"] }));
        await store.exchange(exchangeOf("s", { settlements: [settlement(claimed[0]!.token)] }));
        assert.equal((await store.get(id!))?.state, "completed");
        // of the connection that answers; one after the other they all used the same
        const [named] = await db.read<{ n: number }>(
          "SELECT count(*)::integer AS n FROM pg_prepared_statements",
        );
        assert.equal(named!.n > 0, prepare);
      } finally {
        store.close();
      }
    },
  );
}
