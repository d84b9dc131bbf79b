/**
 * @module
 * A consistent copy of the database while others work on it.
 */
import type { Home } from "../../home.ts";
import type { Database } from "./database.ts";
import { fillNewFile } from "./new_file.ts";

/** Writes a copy to a new file that only its owner can read. Leaves nothing behind when it fails. */
export async function backup(db: Database, home: Home, path: string): Promise<void> {
  await fillNewFile({ path, purpose: "back up" }, async () => {
    const sqlite: { backup?: typeof import("node:sqlite").backup } = await import("node:sqlite");
    if (sqlite.backup) await sqlite.backup(db.connection, path);
    else await copyFiles(db, home, path);
  });
}

/** As much as is copied at a time. */
const CHUNK = 1024 * 1024;

/**
 * For runtimes without `backup`: the log and then the file, copied while nobody can write. A checkpoint meanwhile
 * does no harm: it only repeats in the file what the log holds, and the log is neither begun anew nor cut off without
 * the lock for writing.
 */
export async function copyFiles(db: Database, home: Home, path: string): Promise<void> {
  await db.write(() => {
    Deno.copyFileSync(`${home.database}-wal`, `${path}-wal`);
    // Whenever a process closes a file, it loses its locks on it, SQLite's among them: so not before the database.
    const from = db.closeAlso(Deno.openSync(home.database));
    using to = Deno.openSync(path, { write: true });
    const chunk = new Uint8Array(CHUNK);
    for (let n = from.readSync(chunk); n !== null; n = from.readSync(chunk)) {
      for (let written = 0; written < n;) written += to.writeSync(chunk.subarray(written, n));
    }
  });
  const { DatabaseSync } = await import("node:sqlite");
  const copy = new DatabaseSync(path);
  copy.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // one file again: closing removes the log
  copy.close();
}
