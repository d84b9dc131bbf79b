/**
 * @module
 * Brings a schema up to date, by the numbered steps of `migrations/`. Invariant: it takes all that it lacks, in one
 * transaction, or none; of many that want to at once, one does it, and the others wait.
 */
import type { Database } from "./engine/database.ts";
import { STEPS } from "./migrations/index.ts";
import type { Step } from "./migrations/step.ts";
import { checkVersion, versionOf } from "./version.ts";

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
