/**
 * @module
 * Opening a store in PostgreSQL: makes the schema where there is none, takes missing steps, and says in one sentence why
 * a store cannot be used. Any number of processes, on any number of hosts, may do it at once.
 */
import { StoreUnusable } from "../../domain/errors.ts";
import type { Clock } from "../../system/clock.ts";
import type { Home } from "../../system/home.ts";
import type { OpenOptions, Store } from "../contract.ts";
import { readAddress } from "./engine/address.ts";
import { Database } from "./engine/database.ts";
import { PostgresStore } from "./store.ts";
import { checkVersion, SCHEMA_VERSION, versionOf } from "./version.ts";

/** What tests set besides. */
interface Settable {
  clock?: Clock;
  /** Exchanges of more jobs than that are dealt with all at once. */
  few?: number;
}

/** Opens it; see `openStore`. The home is where this host keeps what belongs to it alone. */
export async function openPostgresStore(
  address: string,
  home: Home,
  { create = true, upgrade = true, ...settable }: OpenOptions & Settable,
): Promise<Store> {
  const db = new Database(readAddress(address));
  try {
    await prepare(db, { create, upgrade });
  } catch (error) {
    db.close();
    throw error;
  }
  return new PostgresStore(home, db, settable);
}

async function prepare(
  db: Database,
  { create, upgrade }: { create: boolean; upgrade: boolean },
): Promise<void> {
  const { shown, schema } = db.address;
  const version = await versionOf({ all: (sql, ...values) => db.read(sql, ...values) }, schema);
  if (version) checkVersion(version, shown);
  else if (!create) throw new StoreUnusable(`There is no store in "${shown}": enqueue a job to make one`);
  if (version && version.version >= SCHEMA_VERSION) return;
  if (version && !upgrade) {
    throw new StoreUnusable(`Cannot use the store "${shown}" as it is: an older queuectl wrote it`);
  }
  const { migrate } = await import("./migrations.ts");
  await migrate(db);
}
