/**
 * @module
 * Many attempts that end at once, while somebody else changes one of them: it is settled, as it is then.
 */
import assert from "node:assert/strict";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { inSchema } from "../../src/store/postgres/engine/database.ts";
import { Connection } from "../../src/store/postgres/engine/driver.ts";
import { enqueue, exchangeOf, failure, newSupervisor, T0 } from "../helpers/jobs.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { until } from "../helpers/until.ts";

const server = await postgresServer();
const LIMIT_MS = 60_000;

testWith(
  server,
  "PostgreSQL: an attempt that somebody calls off while it is settled is not refused, and its job is cancelled",
  async () => {
    using opened = await openedOn(server, { few: 0 });
    const { store } = opened;
    const address = readAddress(opened.address);
    const other = await Connection.open(address);
    const run = async (sql: string, ...values: string[]) =>
      (await other.query<{ pid: number }>({ sql: inSchema(sql, address.schema), values }, LIMIT_MS)).rows;
    try {
      await store.register(newSupervisor("s"));
      await enqueue(store, { id: "calm" }, { id: "called-off" });
      const free = ["s-worker", "s-worker"];
      const { claimed } = await store.exchange(exchangeOf("s", { free }));
      const token = claimed.find(({ id }) => id === "called-off")!.token;
      await run("BEGIN");
      await run("UPDATE queuectl.running SET cancel_requested = true WHERE token = $1::uuid", token);
      const settlements = claimed.map(({ token }) => failure(token, { state: "failed", runAt: T0 + 9000 }));
      const settled = store.exchange(exchangeOf("s", { settlements }));
      const waiting = `
        SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = 'running' AND l.pid <> pg_backend_pid()
          AND l.pid IN (SELECT pid FROM pg_locks WHERE NOT granted)`;
      await until("it is waited for", async () => (await run(waiting, address.schema)).length > 0);
      await run("COMMIT");
      assert.deepEqual((await settled).refused, []);
      assert.equal((await store.get("calm"))!.state, "failed");
      assert.equal((await store.get("called-off"))!.state, "cancelled");
    } finally {
      other.close();
    }
  },
);
