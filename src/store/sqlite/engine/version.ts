/**
 * @module
 * The database engine that the runtime brings, asked without opening any store.
 */
import { DatabaseSync } from "node:sqlite";

/** Its name and version: `SQLite 3.53.2`. */
export function engineVersion(): string {
  const db = new DatabaseSync(":memory:");
  const row = db.prepare("SELECT sqlite_version() AS version").get() as { version: string };
  db.close();
  return `SQLite ${row.version}`;
}
