/**
 * @module
 * Brings a schema up to date, by the numbered steps of `migrations/`. Invariant: it takes all that it lacks, in one
 * transaction, or none; of many that want to at once, one does it, and the others wait.
 */
import { StoreNewer, StoreUnusable } from "../../domain/errors.ts";
import { BEING_COPIED } from "../rules/copied.ts";
import type { Database, Transaction } from "./engine/database.ts";
import { STEPS } from "./migrations/index.ts";
import type { Step } from "./migrations/step.ts";

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
  if (STEPS.length >= oldest) return;
  if (oldest === BEING_COPIED) {
    throw new StoreUnusable(
      `Cannot use the store "${shown}": it is being copied to; where that was broken off, queuectl store copy goes on with it`,
    );
  }
  throw new StoreNewer(
    `Cannot use the store "${shown}": a newer queuectl wrote it (version ${version}, this one knows ` +
      `${STEPS.length}); update queuectl`,
  );
}

/** What a program has to know at least, to use a schema that has taken these steps. */
export function oldestOf(steps: readonly Step[]): number {
  return Math.max(...steps.map((step) => step.oldest));
}

/** Whoever holds it brings a schema up to date; the name stands for all schemas of a database. */
const LOCK = "SELECT pg_advisory_xact_lock(1363366988, 1)";
const MAKE = "CREATE SCHEMA IF NOT EXISTS ";

/** Takes the steps that the schema lacks, if nobody else was faster. */
export async function migrate(db: Database): Promise<void> {
  const { schema, shown } = db.address;
  await db.transaction(async (tx) => {
    await tx.all(LOCK);
    const before = await versionOf(tx, schema);
    if (before) checkVersion(before, shown);
    const from = before?.version ?? 0;
    if (from >= STEPS.length) return;
    const [there] = await tx.all("SELECT 1 FROM pg_namespace WHERE nspname = $1", schema);
    if (!there) await tx.all(`${MAKE}"${schema}"`); // asking for one that is there would take a privilege, too
    for (const { sql } of STEPS.slice(from)) await tx.all(sql);
    const oldest = oldestOf(STEPS);
    await tx.all("DELETE FROM queuectl.meta");
    await tx.all("INSERT INTO queuectl.meta (version, oldest) VALUES ($1, $2)", STEPS.length, oldest);
  });
}
