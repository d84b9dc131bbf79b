/**
 * @module
 * A new, empty store in PostgreSQL, for the suites that every store has to pass. Making a schema costs more than most of
 * their tests: a schema that a test has done with is emptied for the next one.
 */
import { Database } from "../../src/store/postgres/engine/database.ts";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { PostgresStore } from "../../src/store/postgres/store.ts";
import type { Home } from "../../src/system/home.ts";
import type { Opened } from "../store_contract/suite.ts";
import { newAddress, type Server } from "./postgres.ts";
import { tempDir } from "./temp.ts";

/** Addresses of schemas that nobody uses any more. */
const used: string[] = [];

/** All that is in a schema but its version. New files for its tables cost more than a few rows. */
const EMPTY = `
DO $$
DECLARE
  v_many boolean := EXISTS (SELECT FROM queuectl.jobs OFFSET 1000);
  v_one record;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR v_one IN
    SELECT one.oid::regclass AS name, one.relkind
    FROM pg_class one JOIN pg_class meta ON meta.relnamespace = one.relnamespace
    WHERE meta.oid = 'queuectl.meta'::regclass AND one.relkind IN ('r', 'S') AND one.oid <> meta.oid
  LOOP
    IF v_one.relkind = 'S' THEN PERFORM setval(v_one.name, 1, false);
    ELSIF v_many THEN EXECUTE format('TRUNCATE %s CASCADE', v_one.name);
    ELSE EXECUTE format('DELETE FROM %s', v_one.name);
    END IF;
  END LOOP;
END $$`;

/** Opens one in a schema of its own. Exchanges of more than `few` jobs are dealt with all at once. */
export async function openedOn(
  server: Server,
  { few }: { few?: number } = {},
): Promise<Opened & { address: string }> {
  const dir = tempDir();
  const again = used.pop();
  const address = again ?? newAddress(server);
  const open = () => openPostgresStore(address, dir.home, { few });
  const store = await (again === undefined ? open() : emptied(again, { home: dir.home, few }));
  return {
    store,
    address,
    another: open,
    file: dir.file("copy.db"),
    [Symbol.dispose]() {
      store.close();
      used.push(address);
      dir[Symbol.dispose]();
    },
  };
}

async function emptied(
  address: string,
  { home, few }: { home: Home; few: number | undefined },
): Promise<PostgresStore> {
  const db = new Database(readAddress(address));
  await db.write([{ sql: EMPTY }]);
  return new PostgresStore(home, db, { few });
}
