/**
 * @module
 * Looking for jobs takes several questions: what comes between two of them is none of what was there when it began.
 */
import assert from "node:assert/strict";
import type { Selection, Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Database as PostgresDatabase } from "../../src/store/postgres/engine/database.ts";
import { select as selectInPostgres } from "../../src/store/postgres/selecting.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { select } from "../../src/store/sqlite/selecting.ts";
import { enqueue } from "../helpers/jobs.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { tempDir } from "../helpers/temp.ts";

const server = await postgresServer();

/** After each question comes another job. */
async function assertStay(store: Store, look: (come: () => Promise<unknown>) => Promise<Selection>) {
  await enqueue(store, { id: "before" });
  let came = 0;
  const { seqs, passedOver } = await look(() => enqueue(store, { id: `came-${came++}` }));
  assert.deepEqual([await store.idsOf(seqs), passedOver], [["before"], 0]);
  assert.ok(came > 1);
}

Deno.test("SQLite: select() finds nothing that came after it began to look", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  const db = await Database.open(dir.home);
  try {
    await assertStay(store, (come) => {
      const read: Database["read"] = async (work) => {
        const found = await db.read(work);
        await come();
        return found;
      };
      return select({ read } as Database, {}, { verb: "hold" });
    });
  } finally {
    db.close();
    store.close();
  }
});

testWith(server, "PostgreSQL: select() finds nothing that came after it began to look", async () => {
  using opened = await openedOn(server);
  await assertStay(opened.store, async (come) => {
    class Busy extends PostgresDatabase {
      override async read<Row>(...words: Parameters<PostgresDatabase["read"]>): Promise<Row[]> {
        const rows = await super.read<Row>(...words);
        await come();
        return rows;
      }
    }
    const db = new Busy(readAddress(opened.address));
    try {
      return await selectInPostgres(db, {}, { verb: "hold" });
    } finally {
      db.close();
    }
  });
});
