/**
 * @module
 * Care for the database itself: looking for damage, counting again, and what there is
 * to know. Copying is in `backup.ts`.
 */
import { noFigures } from "../../domain/figures.ts";
import type { Outcome } from "../../domain/job.ts";
import { compareCounts, compareFigures, type JobCount } from "../rules/recount.ts";
import { recountEmptied } from "./emptied.ts";
import type { Database } from "./engine/database.ts";
import { recountGroups } from "./groups.ts";
import { recountNeeds } from "./looking_at_needs.ts";
import { figures } from "./figures.ts";
import { recountKeys } from "./keys.ts";
import { recountLanes } from "./lanes.ts";

/** The most sentences that `check` gives. */
const MOST_FINDINGS = 20;

/** Looks for damage. Returns what is wrong, a sentence each. */
export function check(db: Database): string[] {
  const damage = db.all<{ integrity_check: string }>(`PRAGMA integrity_check(${MOST_FINDINGS})`)
    .map((row) => row.integrity_check)
    .filter((finding) => finding !== "ok");
  if (damage.length > 0) return damage;
  return db.all<{ table: string; rowid: number | null; parent: string }>("PRAGMA foreign_key_check")
    .slice(0, MOST_FINDINGS)
    .map(({ table, parent }) => `A row of ${table} belongs to nothing in ${parent}`);
}

/** Counts and figures against a recount. Returns what differs, a sentence each. */
export function recount(db: Database): string[] {
  return [
    ...recountStates(db),
    ...recountLanes(db),
    ...recountNeeds(db),
    ...recountGroups(db),
    ...recountKeys(db),
    ...recountEmptied(db),
    ...recountFigures(db),
  ];
}

/** As text, since what is stored may be too large to be read as a number. */
const COUNTED =
  "SELECT queue, state, CAST(n AS TEXT) AS n, CAST(held AS TEXT) AS held FROM counts WHERE n IS NOT 0";
const THERE = "SELECT queue, state, count(*) AS n, sum(held) AS held FROM jobs GROUP BY queue, state";

function recountStates(db: Database): string[] {
  return compareCounts(db.all<JobCount>(COUNTED), db.all<JobCount>(THERE));
}

/** Figures against the jobs and attempts that are there. Returns what cannot be, a sentence each. */
export function recountFigures(db: Database): string[] {
  const [overall] = figures(db, { span: "total", queue: null });
  const queues = figures(db, { span: "total" });
  return compareFigures({ overall: overall?.figures ?? noFigures(), queues }, {
    jobs: db.get<{ n: number }>("SELECT count(*) AS n FROM jobs")!.n,
    ended: db.all<{ outcome: Outcome; n: number }>(
      "SELECT outcome, count(*) AS n FROM attempts WHERE outcome IS NOT NULL GROUP BY outcome",
    ),
  });
}

/** The engine's name and version, and the schema's version. */
export function versions(db: Database): { engine: string; schemaVersion: number } {
  const { version } = db.get<{ version: string }>("SELECT sqlite_version() AS version")!;
  return { engine: `SQLite ${version}`, schemaVersion: pragma(db, "user_version") };
}

function pragma(db: Database, name: "freelist_count" | "page_count" | "user_version"): number {
  return db.get<Record<string, number>>(`PRAGMA ${name}`)![name]!;
}
