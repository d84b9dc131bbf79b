/**
 * @module
 * Care for the database itself: removing what is old, looking for damage, counting again, and what there is
 * to know. Copying is in `backup.ts`.
 */
import { noFigures } from "../../domain/figures.ts";
import type { Outcome } from "../../domain/job.ts";
import { compareCounts, compareFigures, type JobCount } from "../rules/recount.ts";
import { PRUNABLE } from "../rules/retention.ts";
import { recountEmptied } from "./emptied.ts";
import type { Database } from "./engine/database.ts";
import { turn } from "./engine/turns.ts";
import { figures } from "./figures.ts";
import { recountLanes } from "./lanes.ts";
import { sqlList } from "./words.ts";

/** Besides its flush, removing takes no longer than this at a time: supervisors do it, too. */
const PRUNE_MS = 5;

/**
 * Removes some completed and cancelled jobs that ended before `before`, the oldest first: at most `limit`, and fewer
 * where they have much output.
 */
export function prune(db: Database, before: number, limit: number): number {
  const hasTime = turn({ limitMs: PRUNE_MS });
  let pruned = 0;
  for (const { seq } of db.all<{ seq: number }>(OLDEST, before, limit)) {
    if (!hasTime()) break;
    pruned += db.run("DELETE FROM jobs WHERE seq = ?", seq);
  }
  if (pruned > 0) shrink(db);
  return pruned;
}

const OLDEST = `SELECT seq FROM jobs WHERE state IN ${
  sqlList(PRUNABLE)
} AND finished_at < ? ORDER BY finished_at LIMIT ?`;

/** Free pages are used again; only where there are more, and a good part of the file, are some given back. */
const PAGES_KEPT = 1000;
/** So many at a time take some milliseconds, in which nobody else can write. */
const PAGES_GIVEN_BACK = 100;

function shrink(db: Database): void {
  const free = pragma(db, "freelist_count");
  if (free > PAGES_KEPT && free > pragma(db, "page_count") / 4) {
    // Each step gives one page back, and `exec` of the runtime takes only the first.
    db.all(`PRAGMA incremental_vacuum(${PAGES_GIVEN_BACK})`);
  }
}

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
  return [...recountStates(db), ...recountLanes(db), ...recountEmptied(db), ...recountFigures(db)];
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
