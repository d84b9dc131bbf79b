/**
 * @module
 * Homes as earlier releases left them, and what is in their tables. The databases are in `fixtures/stores/`.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Home } from "../../src/system/home.ts";

/** Makes the home `home` one whose database a release with that schema wrote. */
export async function makeOldHome(home: Home, version: number): Promise<void> {
  const file = new URL(`../fixtures/stores/schema-${version}.db.gz`, import.meta.url);
  const packed = new Blob([Deno.readFileSync(file)]).stream();
  const database = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).bytes();
  Deno.mkdirSync(home.dir, { mode: 0o700 });
  Deno.writeFileSync(home.database, database, { mode: 0o600 });
  Deno.writeTextFileSync(home.doorbell, "");
}

/** A row, by its columns. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** A table: all its rows, in the order in which they were inserted or their keys stand. */
export interface StoredTable {
  name: string;
  /** Each with the value of rows that do not say otherwise. */
  columns: Map<string, unknown>;
  rows: StoredRow[];
}

/** The version a database says it has, and what is in it; it must be sound. */
export function contentsOf(home: Home): { version: number; tables: Map<string, StoredTable> } {
  const db = new DatabaseSync(home.database);
  try {
    assert.deepEqual(Object.values(db.prepare("PRAGMA integrity_check").get()!), ["ok"]);
    assert.deepEqual(db.prepare("PRAGMA foreign_key_check").all(), []);
    const version = db.prepare("PRAGMA user_version").get()!.user_version as number;
    const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    const tables = names.map(({ name }) => tableOf(db, name as string));
    return { version, tables: new Map(tables.map((table) => [table.name, table])) };
  } finally {
    db.close();
  }
}

function tableOf(db: DatabaseSync, name: string): StoredTable {
  const info = db.prepare("SELECT name, dflt_value AS otherwise FROM pragma_table_info(?)").all(name);
  const columns = new Map(
    info.map(({ name, otherwise }) => [
      name as string,
      otherwise === null ? null : Object.values(db.prepare(`SELECT ${otherwise}`).get()!)[0],
    ]),
  );
  const order = name === "sqlite_sequence" ? "ORDER BY name" : ""; // a rebuilt table's row is its last one
  const rows = db.prepare(`SELECT * FROM ${name} ${order}`).all() as StoredRow[];
  return { name, columns, rows };
}

/** Fails unless every row of `before` is in `after`, with the same values, and there are no others. */
export function assertKept(before: Map<string, StoredTable>, after: Map<string, StoredTable>): void {
  for (const [name, { columns, rows }] of before) {
    const now = after.get(name)!;
    assert.ok(now, `table ${name} is there`);
    const added = [...now.columns].filter(([column]) => !columns.has(column));
    const expected = rows.map((row) => ({ ...row, ...Object.fromEntries(added) }));
    assert.deepEqual(now.rows.map((row) => ({ ...row })), expected, `rows of ${name}`);
  }
}
