/**
 * @module
 * A new, empty store in PostgreSQL, for the suites that every store has to pass. Making a schema costs more than most of
 * their tests: a schema that a test has done with is emptied for the next one.
 */
import { Database, type Transaction } from "../../src/store/postgres/engine/database.ts";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import type { Result } from "../../src/store/postgres/engine/driver.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { PostgresStore } from "../../src/store/postgres/store.ts";
import type { Opened } from "../store_contract/suite.ts";
import { newAddress, type Server } from "./postgres.ts";
import { tempDir } from "./temp.ts";

/**
 * Its connections stay when a store is closed, for the next test: what the server knows by then of the schema's
 * functions costs more than most tests, too. What a store leaves behind is looked for by all other tests of it.
 */
class KeptDatabase extends Database {
  #underWay = 0;
  isClosed = false;

  override read<Row>(...words: Parameters<Database["read"]>): Promise<Row[]> {
    return this.#counted(super.read<Row>(...words));
  }

  override tryWrite(...words: Parameters<Database["tryWrite"]>): Promise<Result[]> {
    return this.#counted(super.tryWrite(...words));
  }

  override tryTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#counted(super.tryTransaction(work));
  }

  /** What is still under way must not go on in the next test. */
  override close(): void {
    this.isClosed = this.#underWay > 0;
    if (this.isClosed) super.close();
  }

  async #counted<T>(call: Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await call;
    } finally {
      this.#underWay -= 1;
    }
  }
}

/** Addresses of schemas that nobody uses any more, with connections to them where some are kept. */
const used: { address: string; db?: Database }[] = [];

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

/** How one is opened. */
interface OpenedOn {
  /** Exchanges of more jobs than that are dealt with all at once. */
  few?: number;
  /** Its connections stay open: for tests that do not look for what is left open. */
  keep?: boolean;
}

/** Opens one in a schema of its own. */
export async function openedOn(
  server: Server,
  { few, keep = false }: OpenedOn = {},
): Promise<Opened & { address: string }> {
  const dir = tempDir();
  const another = () => openPostgresStore(address, dir.home, { few });
  const before = used.pop();
  const address = before?.address ?? newAddress(server);
  if (!before) (await another()).close();
  const db = before?.db ?? new (keep ? KeptDatabase : Database)(readAddress(address));
  if (before) await db.write([{ sql: EMPTY }]);
  const store = new PostgresStore(dir.home, db, { few });
  return {
    store,
    address,
    another,
    file: dir.file("copy.db"),
    [Symbol.dispose]() {
      store.close();
      used.push({ address, db: db instanceof KeptDatabase && !db.isClosed ? db : undefined });
      dir[Symbol.dispose]();
    },
  };
}
