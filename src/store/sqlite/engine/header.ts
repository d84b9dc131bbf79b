/**
 * @module
 * What the header of a database file says of it: whose it is, and which version wrote it. Apart from the
 * migrations, since every command reads the header and hardly any needs them.
 */
import { StoreNewer, StoreUnusable } from "../../../domain/errors.ts";
import type { Home } from "../../../system/home.ts";
import type { Database } from "./database.ts";

/** Marks the file as ours: "QCTL". */
export const APPLICATION_ID = 0x5143544c;

/** The version this program writes: the number of steps in `migrations/`. */
export const SCHEMA_VERSION = 22;

/** As in `rules/copied.ts`, which commands need not load for it. */
const BEING_COPIED = 1_000_000;

const HEADER = `
  SELECT (SELECT application_id FROM pragma_application_id) AS application,
         (SELECT user_version FROM pragma_user_version) AS version`;

/**
 * The version of the database; 0 is an empty file.
 * @throws {StoreUnusable} when the database belongs to another program
 * @throws {StoreNewer} when it belongs to a newer version of this one
 */
export function versionOf(db: Database, home: Home): number {
  const { application, version } = db.get<{ application: number; version: number }>(HEADER)!;
  if (application !== APPLICATION_ID && !isEmpty(db)) {
    throw new StoreUnusable(`Cannot use "${home.database}": it is a database of another program`);
  }
  checkVersion(version, home);
  return application === APPLICATION_ID ? version : 0;
}

/** @throws {StoreNewer} when a newer version of this program has taken steps that this one does not know */
export function checkVersion(version: number, home: Home): void {
  if (version <= SCHEMA_VERSION) return;
  if (version === BEING_COPIED) {
    throw new StoreUnusable(
      `Cannot use "${home.database}": it is being copied to; where that was broken off, queuectl store copy goes on with it`,
    );
  }
  throw new StoreNewer(
    `Cannot use "${home.database}": a newer queuectl wrote it (version ${version}, this one knows ` +
      `${SCHEMA_VERSION}); update queuectl`,
  );
}

function isEmpty(db: Database): boolean {
  return db.get("SELECT 1 FROM sqlite_schema LIMIT 1") === undefined;
}
