/**
 * @module
 * The settings that were set, as text by key. What they mean is not known here.
 */
import type { Database } from "./engine/database.ts";

/** All of them. */
export const SETTINGS = "SELECT key, value FROM queuectl.settings";

/** A row of `SETTINGS`. */
export interface SettingRow {
  key: string;
  value: string;
}

export function toSettings(rows: readonly SettingRow[]): Map<string, string> {
  return new Map(rows.map(({ key, value }) => [key, value]));
}

export async function settings(db: Database): Promise<Map<string, string>> {
  return toSettings(await db.read<SettingRow>(SETTINGS));
}

const REMOVE = "DELETE FROM queuectl.settings WHERE key = ANY ($1)";
const SET = `
  INSERT INTO queuectl.settings (key, value) SELECT * FROM unnest($1::text[], $2::text[]) AS s (key, value) ORDER BY key
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`;

/** Sets keys, or removes them where the value is null. */
export async function changeSettings(
  db: Database,
  changes: ReadonlyMap<string, string | null>,
): Promise<void> {
  const all = [...changes];
  const removed = all.filter(([, value]) => value === null).map(([key]) => key);
  const set = all.filter(([, value]) => value !== null);
  await db.writeAgain([
    { sql: REMOVE, values: [removed] },
    { sql: SET, values: [set.map(([key]) => key), set.map(([, value]) => value)] },
  ]);
}
