/**
 * @module
 * A transaction that somebody holds open is named, with who it is; one that has just begun is not.
 */
import assert from "node:assert/strict";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Database } from "../../src/store/postgres/engine/database.ts";
import { Connection } from "../../src/store/postgres/engine/driver.ts";
import { heldOpen } from "../../src/store/postgres/open_transactions.ts";
import { ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { until } from "../helpers/until.ts";

testWith(await postgresServer(), "PostgreSQL: a transaction that is held open is named", async () => {
  await using own = await ownServer();
  const other = await Connection.open(readAddress(`${own.url}&application_name=forgotten`));
  const db = new Database(readAddress(own.url));
  try {
    assert.equal(await heldOpen(db, 0), undefined);
    await other.query({ sql: "BEGIN ISOLATION LEVEL REPEATABLE READ" }, 10_000);
    await other.query({ sql: "SELECT 1 FROM pg_class LIMIT 1" }, 10_000);
    const held = await until("it is open for a while", () => heldOpen(db, 100));
    assert.match(held, /^one is open for \d+s and does nothing \(forgotten, user queuectl, pid \d+\)$/);
    assert.equal(await heldOpen(db), undefined);
  } finally {
    db.close();
    other.close();
  }
});
