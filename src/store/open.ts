/**
 * @module
 * Opening the store of a home: makes the home and the database where they are missing, takes missing schema
 * steps, and says in one sentence why a store cannot be used. Any number of processes may do it at once.
 */
import { StoreUnusable } from "../errors.ts";
import type { Home } from "../home.ts";
import { Database } from "./sqlite/database.ts";
import { Doorbell } from "./sqlite/doorbell.ts";
import { explain } from "./sqlite/failures.ts";
import { SCHEMA_VERSION, versionOf } from "./sqlite/header.ts";
import { SqliteStore } from "./sqlite/store.ts";
import type { Store } from "./store.ts";

/**
 * Opens the store of a home.
 *
 * @param home where it is
 * @param options `create` false refuses to make a store where there is none
 * @throws {StoreUnusable} when the home or the database cannot be used
 * @throws {PermissionMissing} when the runtime may not touch the home
 */
export async function openStore(home: Home, { create = true }: { create?: boolean } = {}): Promise<Store> {
  makeFile(home, create);
  const db = await Database.open(home);
  try {
    await prepare(db, home);
  } catch (error) {
    db.close();
    throw error;
  }
  return new SqliteStore(home, db, new Doorbell(home.doorbell));
}

/** Makes the home and an empty database for the owner's eyes only, before SQLite would make one for everybody. */
function makeFile(home: Home, create: boolean): void {
  try {
    if (Deno.statSync(home.database).isFile) return;
    throw new StoreUnusable(`Cannot use "${home.database}": it is not a file`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw whyNot(error, home);
  }
  if (!create) throw new StoreUnusable(`There is no store in "${home.dir}": enqueue a job to make one`);
  try {
    Deno.mkdirSync(home.dir, { recursive: true, mode: 0o700 });
    Deno.openSync(home.database, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    const somebodyWasFaster = error instanceof Deno.errors.AlreadyExists && isFile(home.database);
    if (!somebodyWasFaster) throw whyNot(error, home);
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function whyNot(error: unknown, home: Home): unknown {
  const { AlreadyExists, NotADirectory, PermissionDenied } = Deno.errors;
  if (error instanceof AlreadyExists || error instanceof NotADirectory) {
    return new StoreUnusable(`Cannot use the home "${home.dir}": it is not a directory`);
  }
  if (
    error instanceof PermissionDenied || !(error instanceof Deno.errors.NotCapable) && isSystemError(error)
  ) {
    return new StoreUnusable(`Cannot use the home "${home.dir}": it cannot be written`);
  }
  return explain(error, home);
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "code" in error;
}

/** Makes sure that the database is ours and of this version. */
async function prepare(db: Database, home: Home): Promise<void> {
  const version = await db.read((db) => versionOf(db, home));
  if (version === SCHEMA_VERSION) return;
  if (version === 0) {
    // neither can be done in a transaction, and both harm nobody when they are done again
    await db.patiently(() => db.exec("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL"));
  }
  const { migrate } = await import("./sqlite/migrations.ts");
  await db.write((db) => migrate(db, versionOf(db, home))); // somebody may have been faster
}
