/**
 * @module
 * Which steps a schema has taken, and whether this program may use it; without the steps, which are long and seldom needed.
 */
import { StoreNewer, StoreUnusable } from "../../domain/errors.ts";
import { BEING_COPIED } from "../rules/copied.ts";
import type { Transaction } from "./engine/database.ts";

/** The version this program writes: the number of steps in `migrations/`. */
export const SCHEMA_VERSION = 18;

/** What is noted of a schema. */
export interface Version {
  /** How many steps it has taken. */
  version: number;
  /** Programs that know fewer must not touch it. */
  oldest: number;
}

/** In the catalog itself: asking by name may be answered by what this connection has seen before it waited. */
const IS_THERE = `
  SELECT EXISTS (
    SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = 'meta') AS there`;
const VERSION = "SELECT version, oldest FROM queuectl.meta";

/** The version of a schema; undefined where there is none. */
export async function versionOf(db: Pick<Transaction, "all">, schema: string): Promise<Version | undefined> {
  const [found] = await db.all<{ there: boolean }>(IS_THERE, schema);
  if (!found!.there) return undefined;
  const [version] = await db.all<Version>(VERSION);
  return version;
}

/** @throws {StoreNewer} when a newer version of this program has taken steps that this one must know */
export function checkVersion({ version, oldest }: Version, shown: string): void {
  if (SCHEMA_VERSION >= oldest) return;
  if (oldest === BEING_COPIED) {
    throw new StoreUnusable(
      `Cannot use the store "${shown}": it is being copied to; where that was broken off, queuectl store copy goes on with it`,
    );
  }
  throw new StoreNewer(
    `Cannot use the store "${shown}": a newer queuectl wrote it (version ${version}, this one knows ` +
      `${SCHEMA_VERSION}); update queuectl`,
  );
}
