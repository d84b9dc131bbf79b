/**
 * @module
 * The database engine that the runtime brings, asked without opening any store, and what is known against it.
 */
import { DatabaseSync } from "node:sqlite";
import type { Doubt } from "../../contract.ts";

/** Its name and version: `SQLite 3.53.2`. */
export function engineVersion(): string {
  const db = new DatabaseSync(":memory:");
  const row = db.prepare("SELECT sqlite_version() AS version").get() as { version: string };
  db.close();
  return `SQLite ${row.version}`;
}

/** SQLite before 3.51.3 can damage a database in WAL mode when two connections write and checkpoint at once. */
export function doubtsAbout(engine: string): Doubt[] {
  const [major = 0, minor = 0, patch = 0] = (/[\d.]+$/.exec(engine)?.[0] ?? "").split(".").map(Number);
  if ((major * 1000 + minor) * 1000 + patch >= 3_051_003) return [];
  return [{
    found: `${engine} can, very rarely, damage a database that several processes write`,
    advice: "use a runtime with SQLite 3.51.3 or later (Deno 2.9), and keep backups",
  }];
}
