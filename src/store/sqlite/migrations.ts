/**
 * @module
 * Brings a database up to date, by the numbered steps of `migrations/`: `user_version` says how many it has taken.
 * Invariant: it takes all that it lacks, in one transaction, or none.
 */
import { StoreUnusable } from "../../domain/errors.ts";
import type { Home } from "../../system/home.ts";
import type { Database } from "./engine/database.ts";
import { APPLICATION_ID, versionOf } from "./engine/header.ts";
import { STEPS } from "./migrations/index.ts";
import type { Step } from "./migrations/step.ts";

/**
 * Has a database take the steps it lacks, if nobody else was faster.
 *
 * @throws {StoreUnusable} when rows refer to nothing after a step that rebuilds a table; the database is as before
 */
export async function migrate(db: Database, home: Home, steps: readonly Step[] = STEPS): Promise<void> {
  const take = (db: Database) => takeSteps(db, home, steps);
  const rebuilds = steps.slice(await db.read((db) => versionOf(db, home))).some((step) => step.rebuilds);
  await withoutTemporaryFiles(db, () => rebuilds ? db.writeWithoutForeignKeys(take) : db.write(take));
}

/** A database of at most so many pages, 64 MiB, is brought up to date without temporary files. */
const FEW_PAGES = 16_384;

/**
 * What SQLite puts aside meanwhile goes into memory, unless it may be too much for that: there may be no directory for
 * temporary files that can be written to.
 */
async function withoutTemporaryFiles(db: Database, work: () => Promise<void>): Promise<void> {
  const { page_count: pages } = db.get<{ page_count: number }>("PRAGMA page_count")!;
  if (pages > FEW_PAGES) return await work();
  db.exec("PRAGMA temp_store=MEMORY"); // in a transaction, it would fail
  try {
    await work();
  } finally {
    db.exec("PRAGMA temp_store=DEFAULT");
  }
}

function takeSteps(db: Database, home: Home, steps: readonly Step[]): void {
  const from = versionOf(db, home);
  for (const [index, { sql, rebuilds }] of steps.entries()) {
    if (index < from) continue;
    db.exec(sql);
    if (rebuilds) checkReferences(db, home, index + 1);
  }
  if (from < steps.length) {
    db.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${steps.length};`);
  }
}

function checkReferences(db: Database, home: Home, version: number): void {
  const [first] = db.all<{ table: string; parent: string }>("PRAGMA foreign_key_check");
  if (!first) return;
  throw new StoreUnusable(
    `Cannot bring "${home.database}" up to date: a row of ${first.table} would belong to nothing in ${first.parent} ` +
      `(version ${version}); it is left as it was; run queuectl doctor`,
  );
}
