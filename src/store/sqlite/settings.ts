/**
 * @module
 * The settings that were set, as text by key. What they mean is not known here.
 */
import type { Database } from "./engine/database.ts";

export function settings(db: Database): Map<string, string> {
  const rows = db.all<{ key: string; value: string }>("SELECT key, value FROM settings");
  return new Map(rows.map(({ key, value }) => [key, value]));
}

/** Sets keys, or removes them where the value is null. */
export function changeSettings(db: Database, changes: ReadonlyMap<string, string | null>): void {
  for (const [key, value] of changes) {
    if (value === null) db.run("DELETE FROM settings WHERE key = ?", key);
    else db.run("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", key, value);
  }
}
