/**
 * @module
 * Making what was saved of jobs' needs hold together: each need is decided anew by what is there, and each job that has not
 * started is where its needs have it. Invariant: none of which a need could not be read starts by itself. To be called in
 * a write transaction, once jobs are counted.
 */
import { tallyOf } from "../../../domain/needs.ts";
import type { Decision } from "../../../domain/needs.ts";
import { isLive, settleByNeeds } from "../../rules/dependents.ts";
import type { Database } from "../engine/database.ts";
import { DEPENDENT, type DependentRow, keepDependent, lookAnew, toDependent } from "../needs.ts";
import { mayBecome, sqlList } from "../words.ts";

const SOME = 1000;
const NEEDY = `
  SELECT ${DEPENDENT} FROM needy y JOIN jobs j ON j.seq = y.job WHERE y.job > ? ORDER BY y.job LIMIT ${SOME}`;
const DECISIONS = "SELECT decided FROM needs WHERE job = ?";

/** What may start, and does not know all that it needs. */
const HOLD = `UPDATE jobs SET held = 1 WHERE seq = ? AND state IN ${
  sqlList(["blocked", "pending", "scheduled", "skipped"])
}`;

/** Blocked by what nobody knows any more. */
const FREE_LOST = `
  UPDATE jobs SET state = 'pending', held = 1
  WHERE state = 'blocked' AND ${mayBecome("pending")} AND seq NOT IN (SELECT job FROM needy)`;

/** Recounts the needs of all jobs. */
export function mendNeeds(db: Database, now: number): void {
  db.run("DELETE FROM needs WHERE job NOT IN (SELECT job FROM needy)");
  let rows = db.all<DependentRow>(NEEDY, 0);
  while (rows.length > 0) {
    for (const row of rows) mendOne(db, row, now);
    rows = db.all<DependentRow>(NEEDY, rows.at(-1)!.seq);
  }
  db.run(FREE_LOST);
}

function mendOne(db: Database, row: DependentRow, now: number): void {
  const job = toDependent(row);
  const { state, skippedFor, tally: { any } } = job;
  const before = { state, skippedFor };
  const total = (tally: typeof job.tally) =>
    tally.open + tally.met + tally.failed + tally.called_off + tally.unneeded;
  const known = total(job.tally);
  const live = isLive(job);
  job.tally = live
    ? lookAnew(db, row.seq, any)
    : tallyOf(db.all<{ decided: Decision | null }>(DECISIONS, row.seq).map(({ decided }) => decided), any);
  if (live) settleByNeeds(job, now);
  keepDependent(db, row.seq, { before, job, now });
  if (live && total(job.tally) < known) db.run(HOLD, row.seq);
}
