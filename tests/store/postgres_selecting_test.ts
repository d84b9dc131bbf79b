/**
 * @module
 * Looking for jobs in PostgreSQL: one page after the other, of what was there when it began.
 */
import assert from "node:assert/strict";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Database } from "../../src/store/postgres/engine/database.ts";
import { select } from "../../src/store/postgres/selecting.ts";
import { enqueue } from "../helpers/jobs.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";

const server = await postgresServer();

testWith(server, "PostgreSQL: select() finds nothing that came after it began to look", async () => {
  using opened = await openedOn(server);
  const { store } = opened;
  /** Between any two questions comes another job. */
  class Busy extends Database {
    override async read<Row>(...words: Parameters<Database["read"]>): Promise<Row[]> {
      const rows = await super.read<Row>(...words);
      await enqueue(store, {});
      return rows;
    }
  }
  const db = new Busy(readAddress(opened.address));
  try {
    await enqueue(store, { id: "before" });
    const { seqs, passedOver } = await select(db, {}, { verb: "hold" });
    assert.deepEqual([await store.idsOf(seqs), passedOver], [["before"], 0]);
    assert.ok((await store.list({ limit: 9 })).jobs.length > 2, "others came meanwhile");
  } finally {
    db.close();
  }
});
