/**
 * @module
 * Giving space back to the disk, a little at a time.
 */
import type { Database } from "./engine/database.ts";

/** Free pages are used again; only where there are more, and a good part of the file, are some given back. */
const PAGES_KEPT = 1000;
/** So many at a time take some milliseconds, in which nobody else can write. */
const PAGES_GIVEN_BACK = 100;

/** Gives some pages back, where many are free. To be called in a write transaction. */
export function shrink(db: Database): void {
  const free = pragma(db, "freelist_count");
  if (free > PAGES_KEPT && free > pragma(db, "page_count") / 4) {
    // Each step gives one page back, and `exec` of the runtime takes only the first.
    db.all(`PRAGMA incremental_vacuum(${PAGES_GIVEN_BACK})`);
  }
}

function pragma(db: Database, name: "freelist_count" | "page_count"): number {
  return db.get<Record<string, number>>(`PRAGMA ${name}`)![name]!;
}
