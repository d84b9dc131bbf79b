/**
 * @module
 * Very many jobs at once of which some need others: in which order they are staged, and what is stored of their needs when
 * they are moved. Those that need others are moved first, all of them blocked: nothing can start before all that need it
 * are there. How those ended meanwhile that are needed is left to the working-off, which decides from what is there.
 *
 * Invariants: an end that comes before a need is moved leaves a row in `ended` by the move, one that comes later leaves it
 * by the triggers; and what is needed is not pruned before all are moved (`pruning.ts`).
 */
import type { NewJob } from "../../domain/job.ts";
import { ENDED } from "../../domain/job.ts";
import { idsNeeded, type Needed, neededAmong, noSuchNeed, type ResolvedNeeds } from "../rules/needs.ts";
import { waitingState } from "../rules/jobs.ts";
import type { Database, Value } from "./engine/database.ts";
import { inTurns } from "./engine/turns.ts";
import { need } from "./needs.ts";
import type { NewValue, ToStore } from "./rows.ts";
import { sqlList } from "./words.ts";

/** A job on its way into a piece. */
export interface ToStage extends ToStore {
  /** Where others need each other: how many come before it, and what is stored of that besides. */
  among?: { at: number; needed: boolean; any: boolean; needs: string | null };
}

/**
 * What a piece has besides the rows of its jobs, by column: their place where that is not told by the order of the rows,
 * and their needs.
 */
export const NEED_VALUES: readonly NewValue<ToStage, Value | undefined>[] = [
  { column: "at", of: ({ among }) => among?.at },
  { column: "needed", of: ({ among }) => among && (among.needed ? 1 : 0) },
  { column: "any", of: ({ among }) => among && (among.any ? 1 : 0) },
  { column: "needs", of: ({ among }) => among?.needs },
];

/**
 * All jobs in the order in which they are to be moved.
 * @throws {BadNeed} for an id that is no job's
 */
export async function stagingOrder(
  db: Database,
  needs: ResolvedNeeds,
  { jobs, names, now }: { jobs: readonly NewJob[]; names: readonly (string | null)[]; now: number },
): Promise<ToStage[]> {
  const found = await markNeeded(db, needs);
  const needed = new Set(neededAmong(needs));
  const toStage = (job: NewJob, at: number): ToStage => {
    const stored = needs.get(at)?.map((one) => {
      if ("index" in one) return [one.index, null, names[one.index], one.wanting];
      // it may be made by these very jobs, so its number is not known yet
      if ("group" in one) return [null, null, one.group, one.wanting];
      const other = found.get(one.id);
      if (!other) throw noSuchNeed(one.id, at);
      return [null, other.seq, other.name, one.wanting];
    });
    const { any = false } = job;
    const among = { at, needed: needed.has(at), any, needs: stored ? JSON.stringify(stored) : null };
    return { job, name: names[at]!, state: stored ? "blocked" : waitingState(job.runAt, now), among };
  };
  const all = jobs.map(toStage);
  const waits = ({ state }: ToStage) => state === "blocked";
  return [...all.filter(waits), ...all.filter((one) => !waits(one))];
}

/** Marks the jobs that are there already; those that are not are left out. */
async function markNeeded(db: Database, needs: ResolvedNeeds): Promise<Map<string, Needed>> {
  const ids = idsNeeded(needs);
  const found = new Map<string, Needed>();
  await inTurns(db, 0, (db, at, hasTime) => {
    for (; at < ids.length; at += 1) {
      if (!hasTime()) return { state: at, more: true };
      const job = need(db, ids[at]!);
      if (job) found.set(ids[at]!, job);
    }
    return { state: at, more: false };
  });
  return found;
}

/** The jobs of a piece that is moved, as SQL over `staged, json_each(jobs, '$.rows') row`. */
export interface MovedRows {
  /** What a column is: of each row, or of all. */
  of(column: string): { sql: string; values: Value[] };
  piece: number;
  /** The number of the first job of the batch. */
  first: number;
}

const FROM = "FROM staged, json_each(jobs, '$.rows') row";

/** Stores what the jobs of a piece need, all of it open, once they are there; has them told what has ended before. */
export function moveNeeds(db: Database, { of, piece, first }: MovedRows): void {
  const [at, any, needs] = ["at", "any", "needs"].map(of) as [Of, Of, Of];
  db.run(
    `INSERT INTO needy (job, any, open, met, failed, called_off, unneeded)
     SELECT ? + ${at.sql}, ${any.sql}, json_array_length(${needs.sql}), 0, 0, 0, 0 ${FROM} WHERE piece = ?`,
    ...[first, ...at.values, ...any.values, ...needs.values, piece],
  );
  db.run(
    `INSERT INTO needs (job, needs, name, wanting)
     SELECT ? + ${at.sql}, coalesce(? + (n.value ->> 0), n.value ->> 1, (SELECT -id FROM groups WHERE name = n.value ->> 2)),
       n.value ->> 2, n.value ->> 3
     ${FROM}, json_each(${needs.sql}) n WHERE piece = ?`,
    ...[first, ...at.values, first, ...needs.values, piece],
  );
  db.run(
    `INSERT INTO ended (job, state)
     SELECT DISTINCT n.needs, CASE WHEN j.seq IS NULL THEN 'cancelled' END
     ${FROM} CROSS JOIN needs n ON n.job = ? + ${at.sql} LEFT JOIN jobs j ON j.seq = n.needs
     WHERE piece = ? AND (j.state IN ${sqlList(ENDED)} OR j.seq IS NULL AND n.needs < ?)`,
    ...[first, ...at.values, piece, first],
  );
}

type Of = ReturnType<MovedRows["of"]>;

/** Has jobs told of those of their batch that were deleted before they came themselves. To be called when all are there. */
export function tellOfGone(db: Database, { from, to }: { from: number; to: number }): void {
  db.run(
    `INSERT INTO ended (job, state)
     SELECT DISTINCT n.needs, 'cancelled' FROM needs n
     WHERE n.job BETWEEN ? AND ? AND n.decided IS NULL AND NOT EXISTS (SELECT 1 FROM jobs WHERE seq = n.needs)`,
    from,
    to,
  );
}
