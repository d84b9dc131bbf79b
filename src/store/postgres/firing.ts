/**
 * @module
 * Starting the runs of schedules: jobs are enqueued, what became of slots is written down, and the schedule moves on, in
 * one transaction. Invariant: nothing is done for a schedule that is not as it was read; so each slot is decided once,
 * however many see that it is due. One that another host fires at this moment is not waited for.
 */
import { ENDED } from "../../domain/job.ts";
import type { Fired, FireOptions, Firing } from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import {
  continues,
  decide,
  decidedUpTo,
  type OpenRun,
  RUNS_KEPT,
  type ScheduleRow,
} from "../rules/schedules.ts";
import { actOf } from "./acts.ts";
import type { Database, Transaction } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";
import { storeJobs } from "./enqueue.ts";
import { letGo, lockJobs } from "./locked_jobs.ts";

const LOCK = `
  SELECT * FROM queuectl.schedules WHERE name = $1 AND revision = $2 FOR UPDATE SKIP LOCKED`;
const OPEN = `
  SELECT DISTINCT j.seq, j.name FROM queuectl.schedule_runs s JOIN queuectl.jobs j ON j.seq = s.job
    LEFT JOIN queuectl.running r ON r.job = j.seq
  WHERE s.schedule = $1 AND s.kind <> 'skipped'
    AND (r.job IS NOT NULL OR j.state NOT IN (${
  ENDED.map((state) => `'${state}'`).join(", ")
})) ORDER BY j.seq`;
const LAST =
  "SELECT nth, kind, job FROM queuectl.schedule_runs WHERE schedule = $1 ORDER BY nth DESC LIMIT 1";
const GO_ON = `
  UPDATE queuectl.schedule_runs SET until = $3, n = n + $4::bigint, at = $5 WHERE schedule = $1 AND nth = $2`;
const NOTE = `
  INSERT INTO queuectl.schedule_runs (schedule, nth, kind, slot, until, n, at, job)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;
const FORGET = "DELETE FROM queuectl.schedule_runs WHERE schedule = $1 AND nth <= $2";
const MOVE_ON = `
  UPDATE queuectl.schedules SET next_slot = $2, next_at = $3, last_slot = $4, runs = $5, revision = revision + 1
  WHERE name = $1`;

/** Fires schedules, each in a transaction of its own. */
export async function fire(
  db: Database,
  firings: readonly Firing[],
  options: FireOptions,
): Promise<Fired[]> {
  const fired: Fired[] = [];
  for (const firing of firings) fired.push(await db.transaction((tx) => fireOne(tx, firing, options)));
  return fired;
}

async function fireOne(tx: Transaction, firing: Firing, options: FireOptions): Promise<Fired> {
  const { name, next } = firing;
  const { now } = options;
  const [locked, opened, latest] = await tx.several([
    { sql: LOCK, values: [name, firing.revision] },
    { sql: OPEN, values: [name] },
    { sql: LAST, values: [name] },
  ]);
  const [row] = locked!.rows as unknown as ScheduleRow[];
  if (!row) return { name, done: false, ids: [], skipped: 0 };
  const open: OpenRun[] = (opened!.rows as { seq: number; name: string | null }[]).map((job) => ({
    seq: job.seq,
    id: idOf(job),
  }));
  const { jobs, cancel, rows, skipped } = decide(row, open, firing);
  if (cancel.length > 0) await callOff(tx, cancel, now);
  const { ids, seqs, statements } = await storeJobs(tx, jobs, options);
  const [last] = latest!.rows as { nth: number; kind: typeof rows[number]["kind"]; job: number | null }[];
  let nth = row.runs;
  const notes: Statement[] = rows.map((run, at) => {
    if (at === 0 && continues(run, last)) {
      return { sql: GO_ON, values: [name, last!.nth, run.until, run.n, now] };
    }
    const job = run.job === null ? null : "seq" in run.job ? run.job.seq : seqs[run.job.index]!;
    nth += 1;
    return { sql: NOTE, values: [name, nth, run.kind, run.slot, run.until, run.n, now, job] };
  });
  const [slot, dueAt] = next === undefined
    ? [row.next_slot, row.next_at]
    : [next?.slot ?? null, next?.at ?? null];
  await tx.commit([
    ...statements,
    ...notes,
    { sql: FORGET, values: [name, nth - RUNS_KEPT] },
    { sql: MOVE_ON, values: [name, slot, dueAt, decidedUpTo(row, firing), nth] },
  ]);
  return { name, done: true, ids, skipped };
}

/** Those that have ended meanwhile are left as they are. */
async function callOff(tx: Transaction, runs: readonly OpenRun[], now: number): Promise<void> {
  const locked = await lockJobs(tx, "j.seq = ANY ($1::bigint[])", runs.map(({ seq }) => seq));
  const { act, store } = actOf("cancel", { now });
  const open = locked.filter(({ state }) => !ENDED.includes(state));
  for (const job of open) act(job);
  await tx.several([...store(open), ...letGo(locked)]);
}
