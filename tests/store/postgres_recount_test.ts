/**
 * @module
 * Counting again beside others who go on enqueueing finds nothing wrong.
 */
import assert from "node:assert/strict";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Database } from "../../src/store/postgres/engine/database.ts";
import { recount } from "../../src/store/postgres/upkeep.ts";
import { enqueue } from "../helpers/jobs.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";

const server = await postgresServer();

testWith(server, "PostgreSQL: a recount finds nothing wrong in what others do meanwhile", async () => {
  using opened = await openedOn(server);
  const db = new Database(readAddress(opened.address));
  const read = db.read.bind(db);
  let reads = 0;
  db.read = async <Row>(sql: string, ...values: Parameters<Database["read"]>[1][]) => {
    await enqueue(opened.store, { queue: `q${reads % 3}` });
    reads += 1;
    return await read<Row>(sql, ...values);
  };
  assert.deepEqual(await recount(db), []);
  assert.ok(reads > 5, "it was not read through the one that others disturb");
  db.close();
});
