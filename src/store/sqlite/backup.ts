/**
 * @module
 * A consistent copy of the database while others work on it. Invariant: however many write, and whoever is killed,
 * the copy comes to an end, and what stands under its name is whole.
 */
import type { DatabaseSync } from "node:sqlite";
import type { Home } from "../../system/home.ts";
import type { Database } from "./engine/database.ts";
import { writeNewFile } from "./engine/new_file.ts";

/** Writes a copy to a new file that only its owner can read. Leaves nothing behind when it fails or is called off. */
export async function backup(
  db: Database,
  home: Home,
  { path, signal }: { path: string; signal?: AbortSignal },
): Promise<void> {
  const file = { path, purpose: "back up", signal };
  await writeNewFile(file, (partial) => copyFiles(db, home, { path: partial, signal }));
}

/** As much as is copied at a time. */
const CHUNK = 1024 * 1024;

/**
 * Copies the log while nobody can write, which is soon done, and then the file. Meanwhile a reader holds on to the
 * moment before that: so the log is neither begun anew nor cut off, and a checkpoint only repeats in the file what
 * the copied log holds. The runtime's own `backup` begins anew whenever somebody writes.
 */
export async function copyFiles(
  db: Database,
  home: Home,
  { path, signal }: { path: string; signal?: AbortSignal },
): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  const reader = new DatabaseSync(home.database);
  try {
    await db.patiently(() => hold(reader));
    await db.write(() => Deno.copyFileSync(`${home.database}-wal`, `${path}-wal`));
    // Whenever a process closes a file, it loses its locks on it, SQLite's among them: so not before the database, and
    // no reading without waiting, for which the runtime opens it again.
    const from = db.closeAlso(Deno.openSync(home.database));
    using to = Deno.openSync(path, { write: true });
    const chunk = new Uint8Array(CHUNK);
    for (let n = from.readSync(chunk); n !== null; n = from.readSync(chunk)) {
      signal?.throwIfAborted();
      for (let written = 0; written < n;) written += await to.write(chunk.subarray(written, n));
    }
    await to.syncData();
  } finally {
    reader.close();
  }
  const copy = new DatabaseSync(path);
  copy.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // one file again: closing removes the log
  copy.close();
}

/** From its first read on, a transaction sees one moment. */
function hold(reader: DatabaseSync): void {
  reader.exec("BEGIN");
  try {
    reader.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get();
  } catch (error) {
    reader.exec("ROLLBACK");
    throw error;
  }
}
