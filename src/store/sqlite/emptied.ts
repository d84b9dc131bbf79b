/**
 * @module
 * Queues without jobs. They are noted when their last job goes, which triggers do, and forgotten with their figures when
 * they have had neither jobs nor switches for a day. Invariant: whatever has no jobs is noted, or has switches.
 */
import { checkDeletable } from "../rules/refusals.ts";
import { emptySince } from "../rules/retention.ts";
import type { Database } from "./engine/database.ts";

/** Queues forgotten in one transaction; each may have a few hundred rows of figures. */
const MOST_FORGOTTEN = 20;
/** Queues looked at in one transaction. */
const MOST_NOTICED = 200;

const HAS_JOBS = "SELECT 1 FROM jobs WHERE queue = ? LIMIT 1";
/** Something is set that would be missed. */
const SWITCHED = `(paused = 1 OR fair = 1
  OR coalesce(concurrency, retention_ms, retention_dead_ms, takes, per_label, rate_count, aging_ms) IS NOT NULL)`;
const HAS_SWITCHES = `SELECT 1 FROM queues WHERE name = ? AND ${SWITCHED}`;

/** Notes that a queue may have to be forgotten, unless it has jobs. */
export function noteEmptied(db: Database, queue: string): void {
  if (!db.get(HAS_JOBS, queue)) db.run("INSERT OR REPLACE INTO emptied (queue) VALUES (?)", queue);
}

/** Forgets queues that have been empty for long. Returns whether there may be more to do. */
export function forgetEmptied(db: Database, now: number): boolean {
  const noticed = queuesOf(db, "since IS NULL LIMIT ?", [MOST_NOTICED]);
  for (const queue of noticed) {
    if (mayGo(db, queue)) db.run("UPDATE emptied SET since = ? WHERE queue = ?", now, queue);
  }
  const old = queuesOf(db, "since <= ? LIMIT ?", [emptySince(now), MOST_FORGOTTEN]);
  for (const queue of old) {
    if (mayGo(db, queue)) forget(db, queue);
  }
  return noticed.length === MOST_NOTICED || old.length === MOST_FORGOTTEN;
}

function queuesOf(db: Database, where: string, values: number[]): string[] {
  return db.all<{ queue: string }>(`SELECT queue FROM emptied WHERE ${where}`, ...values)
    .map(({ queue }) => queue);
}

/** Whether a noted queue is still empty; one that is not is noted no more. */
function mayGo(db: Database, queue: string): boolean {
  if (!db.get(HAS_JOBS, queue) && !db.get(HAS_SWITCHES, queue)) return true;
  db.run("DELETE FROM emptied WHERE queue = ?", queue);
  return false;
}

function forget(db: Database, queue: string): void {
  for (const table of ["counts", "figures", "lanes", "emptied"]) {
    db.run(`DELETE FROM ${table} WHERE queue = ?`, queue);
  }
  db.run("DELETE FROM queues WHERE name = ?", queue);
}

/** Every name that anything is known of. */
export const KNOWN = "SELECT queue AS known FROM counts UNION SELECT name FROM queues";

/** No row where nothing is known of the name. */
const JOBS_OF = `
  SELECT (SELECT ifnull(sum(n), 0) FROM counts WHERE queue = ?) AS n FROM (${KNOWN}) WHERE known = ?`;

/** Removes a queue, its switches and its figures. */
export function deleteQueue(db: Database, name: string): void {
  const known = db.get<{ n: number }>(JOBS_OF, name, name);
  checkDeletable(name, known?.n);
  forget(db, name);
}

/** Empty queues that nobody would ever forget, a sentence each. */
export function recountEmptied(db: Database): string[] {
  return db.all<{ known: string }>(
    `SELECT known FROM (${KNOWN} UNION SELECT queue FROM figures)
     WHERE known NOT IN (SELECT queue FROM emptied) AND NOT EXISTS (SELECT 1 FROM jobs WHERE queue = known)
       AND known NOT IN (SELECT name FROM queues WHERE ${SWITCHED})`,
  ).map(({ known }) => `Queue "${known}" has no jobs, but is not noted as empty`);
}

/** Finds out anew which queues are empty. */
export function rebuildEmptied(db: Database): void {
  db.exec(`
    DELETE FROM emptied;
    INSERT INTO emptied (queue)
      SELECT known FROM (${KNOWN} UNION SELECT queue FROM figures)
      WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE queue = known)`);
}
