/**
 * @module
 * Starting the runs of schedules: jobs are enqueued, what became of slots is written down, and the schedule moves on, in
 * one transaction. Invariant: nothing is done for a schedule that is not as it was read; so each slot is decided once,
 * however many see that it is due.
 */
import { ENDED, type NewJob, type State } from "../../domain/job.ts";
import { hasNeeds } from "../../domain/job.ts";
import type { Fired, FireOptions, Firing } from "../contract.ts";
import { idOf, seqOf } from "../rules/jobs.ts";
import { resolveNeeds, together } from "../rules/needs.ts";
import {
  continues,
  decide,
  decidedUpTo,
  type OpenRun,
  RUNS_KEPT,
  type ScheduleRow,
} from "../rules/schedules.ts";
import type { Database } from "./engine/database.ts";
import { enqueue } from "./enqueue.ts";
import { cancelOne } from "./manage.ts";
import { planWaiters } from "./needs.ts";
import { sqlList } from "./words.ts";

const FIND = "SELECT * FROM schedules WHERE name = ? AND revision = ?";
const OPEN = `
  SELECT DISTINCT j.seq, j.name, j.state FROM schedule_runs r JOIN jobs j ON j.seq = r.job
  WHERE r.schedule = ? AND r.kind <> 'skipped' AND j.state NOT IN ${sqlList(ENDED)} ORDER BY j.seq`;
const LAST = "SELECT nth, kind, job FROM schedule_runs WHERE schedule = ? ORDER BY nth DESC LIMIT 1";
const GO_ON = `
  UPDATE schedule_runs SET until = ?, n = n + ?, at = ? WHERE schedule = ? AND nth = ?`;
const NOTE = `
  INSERT INTO schedule_runs (schedule, nth, kind, slot, until, n, at, job) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const FORGET = "DELETE FROM schedule_runs WHERE schedule = ? AND nth <= ?";
const MOVE_ON = `
  UPDATE schedules SET next_slot = ?, next_at = ?, last_slot = ?, runs = ?, revision = revision + 1 WHERE name = ?`;

/** Fires schedules. To be called in a write transaction. */
export function fire(db: Database, firings: readonly Firing[], options: FireOptions): Fired[] {
  return firings.map((firing) => fireOne(db, firing, options));
}

function fireOne(db: Database, firing: Firing, options: FireOptions): Fired {
  const { name, next } = firing;
  const row = db.get<ScheduleRow>(FIND, name, firing.revision);
  if (!row) return { name, done: false, ids: [], skipped: 0 };
  const { now } = options;
  const open: (OpenRun & { state: State })[] = db.all<{ seq: number; name: string | null; state: State }>(
    OPEN,
    name,
  ).map((job) => ({ ...job, id: idOf(job) }));
  const { jobs, cancel, rows, skipped } = decide(row, open, firing);
  for (const { seq } of cancel) cancelOne(db, open.find((one) => one.seq === seq)!, now);
  const ids = store(db, jobs, options);
  const seqs = ids.map((id) =>
    seqOf(id) ?? db.get<{ seq: number }>("SELECT seq FROM jobs WHERE name = ?", id)!.seq
  );
  const last = db.get<{ nth: number; kind: typeof rows[number]["kind"]; job: number | null }>(LAST, name);
  let nth = row.runs;
  for (const [at, run] of rows.entries()) {
    if (at === 0 && continues(run, last)) db.run(GO_ON, run.until, run.n, now, name, last!.nth);
    else {
      const job = run.job === null ? null : "seq" in run.job ? run.job.seq : seqs[run.job.index]!;
      nth += 1;
      db.run(NOTE, name, nth, run.kind, run.slot, run.until, run.n, now, job);
    }
  }
  db.run(FORGET, name, nth - RUNS_KEPT);
  const [slot, dueAt] = next === undefined
    ? [row.next_slot, row.next_at]
    : [next?.slot ?? null, next?.at ?? null];
  db.run(MOVE_ON, slot, dueAt, decidedUpTo(row, firing), nth, name);
  return { name, done: true, ids, skipped };
}

function store(db: Database, jobs: readonly NewJob[], { now, idFormat }: FireOptions): string[] {
  if (jobs.length === 0) return [];
  const needing = new Map([...jobs.entries()].filter(([, job]) => hasNeeds(job)));
  if (needing.size === 0) return enqueue(db, jobs, { now, idFormat }).ids;
  const needs = resolveNeeds(needing, together(jobs));
  const plan = (db: Database) => planWaiters(db, needs, { jobs: needing, now });
  return enqueue(db, jobs, { now, idFormat, plan }).ids;
}
