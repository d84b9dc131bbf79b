/**
 * @module
 * A consistent copy of the database while others work on it.
 */
import { PermissionMissing, Refused } from "../../errors.ts";
import type { Home } from "../../home.ts";
import type { Database } from "./database.ts";

/** What SQLite may leave beside a copy. */
const COMPANIONS = ["-wal", "-shm", "-journal"];

/** Writes a copy to a new file that only its owner can read. Leaves nothing behind when it fails. */
export async function backup(db: Database, home: Home, path: string): Promise<void> {
  createNew(path);
  try {
    const sqlite: { backup?: typeof import("node:sqlite").backup } = await import("node:sqlite");
    if (sqlite.backup) await sqlite.backup(db.connection, path);
    else await copyFiles(db, home, path);
  } catch (error) {
    for (const companion of ["", ...COMPANIONS]) removeIfThere(path + companion);
    throw error;
  }
}

/**
 * For runtimes without `backup`: the file and its log, copied while nobody can write. A checkpoint meanwhile
 * does no harm: it only repeats in the file what the log holds, and the log is not begun anew without a writer.
 */
async function copyFiles(db: Database, home: Home, path: string): Promise<void> {
  await db.write(() => {
    Deno.copyFileSync(home.database, path);
    Deno.copyFileSync(`${home.database}-wal`, `${path}-wal`);
  });
  const { DatabaseSync } = await import("node:sqlite");
  const copy = new DatabaseSync(path);
  copy.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // one file again: closing removes the log
  copy.close();
}

function createNew(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new Refused(`Cannot back up to "${path}": the file exists`);
    }
    if (error instanceof Deno.errors.NotCapable) {
      throw new PermissionMissing(
        `Cannot back up to "${path}": run with --allow-read=${path} --allow-write=${path}`,
      );
    }
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such directory"
      : "it cannot be written";
    throw new Refused(`Cannot back up to "${path}": ${reason}`);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
