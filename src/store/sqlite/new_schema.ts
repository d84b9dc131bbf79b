/**
 * @module
 * Gives a new database its schema at once: to take all steps would cost three times as much, for every new home.
 */
import type { Home } from "../../system/home.ts";
import type { Database } from "./engine/database.ts";
import { APPLICATION_ID, SCHEMA_VERSION, versionOf } from "./engine/header.ts";
import { NEW_SCHEMA } from "./migrations/new_schema.ts";

/** Makes it, unless somebody else was faster, who may be an older version. */
export function makeSchema(db: Database, home: Home): Promise<void> {
  return db.write((db) => {
    if (versionOf(db, home) !== 0) return;
    db.exec(NEW_SCHEMA);
    db.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${SCHEMA_VERSION};`);
  });
}
