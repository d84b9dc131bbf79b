/**
 * @module
 * Opening the store in SQLite of a home: makes the home and the database where they are missing, takes missing schema
 * steps, and says in one sentence why a store cannot be used. Any number of processes may do it at once.
 */
import { StoreDamaged, StoreFull, StoreUnusable } from "../../domain/errors.ts";
import { directoryAbove, existingAbove, flushEntries } from "../../system/directories.ts";
import type { Home } from "../../system/home.ts";
import type { OpenOptions, Store } from "../contract.ts";
import { Database } from "./engine/database.ts";
import { Doorbell } from "./engine/doorbell.ts";
import { explain } from "./engine/failures.ts";
import { checkVersion, SCHEMA_VERSION, versionOf } from "./engine/header.ts";
import { SqliteStore } from "./store.ts";

/** Opens it; see `openStore`. */
export async function openSqliteStore(
  home: Home,
  { create = true, reserve = true, upgrade = true }: OpenOptions,
): Promise<Store> {
  const above = makeFile(home, create);
  const db = await Database.open(home, { reserve });
  try {
    await prepare(db, home, { above, upgrade });
  } catch (error) {
    db.close();
    throw error;
  }
  return new SqliteStore(home, db, new Doorbell(home));
}

/**
 * Makes the home and an empty database for the owner's eyes only, before SQLite would make one for everybody.
 * Returns the directory above what was made.
 */
function makeFile(home: Home, create: boolean): string {
  try {
    const { isFile, size } = Deno.statSync(home.database);
    if (!isFile) throw new StoreUnusable(`Cannot use "${home.database}": it is not a file`);
    if (size === 0) checkUnused(home);
    return directoryAbove(home.dir);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw whyNot(error, home);
  }
  if (!create) throw new StoreUnusable(`There is no store in "${home.dir}": enqueue a job to make one`);
  checkUnused(home);
  const above = existingAbove(home.dir);
  try {
    Deno.mkdirSync(home.dir, { recursive: true, mode: 0o700 });
    Deno.openSync(home.database, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    const somebodyWasFaster = error instanceof Deno.errors.AlreadyExists && isFile(home.database);
    if (!somebodyWasFaster) throw whyNot(error, home);
  }
  return above;
}

/**
 * No file, or an empty one, is how a new store begins, and where one that was used has lost everything; SQLite would
 * take the second for the first, and throw its log away. Log and doorbell only come once the file is not empty.
 */
function checkUnused(home: Home): void {
  const used = isFile(home.doorbell) || sizeOf(`${home.database}-wal`) > 0;
  // Asked again, since somebody may be making the store at this moment.
  if (used && sizeOf(home.database) === 0) throw emptied(home);
}

function emptied(home: Home): StoreDamaged {
  return new StoreDamaged(
    `Cannot use "${home.database}": it is damaged, all it held is missing; run queuectl doctor`,
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

function whyNot(error: unknown, home: Home): unknown {
  const { AlreadyExists, NotADirectory, NotCapable, PermissionDenied } = Deno.errors;
  if (error instanceof AlreadyExists || error instanceof NotADirectory) {
    return new StoreUnusable(`Cannot use the home "${home.dir}": it is not a directory`);
  }
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC") return new StoreFull(`Cannot make the home "${home.dir}": the disk is full`);
  if (error instanceof PermissionDenied || code !== undefined && !(error instanceof NotCapable)) {
    return new StoreUnusable(`Cannot use the home "${home.dir}": it cannot be written`);
  }
  return explain(error, home);
}

/** Makes sure that the database is ours and of this version. */
async function prepare(
  db: Database,
  home: Home,
  { above, upgrade }: { above: string; upgrade: boolean },
): Promise<void> {
  const version = await db.read((db) => versionOf(db, home));
  if (version !== SCHEMA_VERSION && !upgrade) {
    throw new StoreUnusable(`Cannot use "${home.database}" as it is: an older queuectl wrote it`);
  }
  if (version !== SCHEMA_VERSION) await bringUpToDate(db, home, { version, above });
  db.watchVersion((version) => checkVersion(version, home));
}

async function bringUpToDate(
  db: Database,
  home: Home,
  { version, above }: { version: number; above: string },
): Promise<void> {
  if (version === 0) {
    // a used store whose first page was wiped looks like a new one
    if (isFile(home.doorbell) && await db.read((db) => versionOf(db, home)) === 0) throw emptied(home);
    // neither can be done in a transaction, and both harm nobody when they are done again
    await db.patiently(() => db.exec("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL"));
    flushEntries(home.dir, above);
    await (await import("./new_schema.ts")).makeSchema(db, home);
    if (await db.read((db) => versionOf(db, home)) === SCHEMA_VERSION) return;
  }
  const { migrate } = await import("./migrations.ts");
  await migrate(db, home);
}
