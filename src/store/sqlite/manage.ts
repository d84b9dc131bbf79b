/**
 * @module
 * What people do to jobs that exist: call off, run again, remove, change, hold. Every function does it for
 * all the ids it is given, or throws and, since it runs in a transaction, for none. What is done to all jobs of some
 * kind is in `selecting.ts`, one by one by what is here.
 */
import type { Job } from "../../domain/job.ts";
import type { DeleteOptions, JobChanges, RetryOptions } from "../contract.ts";
import { idOf, waitingState } from "../rules/jobs.ts";
import { settleByNeeds } from "../rules/dependents.ts";
import { ALLOWED, allowed, type Intent, isWaitedFor } from "../rules/refusals.ts";
import { otherHasKey } from "../rules/unique.ts";
import type { Database } from "./engine/database.ts";
import { changeFollower, changeKey, haveKeyBack } from "./keys.ts";
import { keepDependent, replaceNeeds, standing, tellAgain, unbind, waitingFor } from "./needs.ts";
import { assignments, findRow, type JobRow, toJob } from "./rows.ts";
import { FIRST_LANE } from "./sublanes.ts";
import { mayBecome, sqlList, THESE } from "./words.ts";

const CANCEL = `
  UPDATE jobs SET state = 'cancelled', held = 0, finished_at = ?
  WHERE seq = ? AND ${mayBecome("cancelled")}`;
const REQUEST_CANCEL = "UPDATE jobs SET cancel_requested = 1 WHERE seq = ?";

/** Calls jobs off: waiting ones at once, running ones as a wish to their worker. */
export function cancel(
  db: Database,
  ids: readonly string[],
  now: number,
): { cancelled: number; requested: number } {
  const done = { cancelled: 0, requested: 0 };
  for (const id of ids) {
    done[cancelOne(db, find(db, { verb: "cancel", id }), now)] += 1;
  }
  return done;
}

/** A job that was found, and whose state allows what is to be done. */
type Found = Pick<JobRow, "seq" | "state">;

/** Says what has become of it, or will. */
export function cancelOne(db: Database, { seq, state }: Found, now: number): "cancelled" | "requested" {
  if (state === "processing") {
    db.run(REQUEST_CANCEL, seq);
    return "requested";
  }
  db.run(CANCEL, now, seq);
  return "cancelled";
}

const RETRY = `
  UPDATE jobs SET state = 'pending', attempts = 0, run_at = ?, started_at = NULL, finished_at = NULL,
    exit_code = NULL, signal = NULL, error = NULL, worker = NULL, snoozed_since = NULL, skipped_for = NULL,
    died_of = NULL
  WHERE ${mayBecome("pending")} AND seq IN ${THESE}`;
const REVIVE = `UPDATE jobs SET state = 'blocked', finished_at = NULL WHERE seq = ? AND ${
  mayBecome("blocked")
}`;

/** Makes jobs pending at once, with their attempts counted from 0. Returns the ids of those that stay held. */
export function retry(
  db: Database,
  ids: readonly string[],
  { now, only, ignoreNeeds = false, withDependents = false }: RetryOptions,
): string[] {
  return ids.filter((id) => {
    const job = find(db, { verb: "retry", id, only, ignoreNeeds });
    const by = haveKeyBack(db, job, now);
    if (by !== undefined) throw otherHasKey("retry", { id, key: job.unique_key!, by });
    retryThese(db, [job], { now, ignoreNeeds });
    if (withDependents) tellAgain(db, job.seq);
    return job.held === 1;
  });
}

/** Those that never started go where their needs have them, unless they are to be ignored; to all others they are history. */
export function retryThese(
  db: Database,
  jobs: readonly Found[],
  { now, ignoreNeeds }: { now: number; ignoreNeeds: boolean },
): void {
  const others = jobs.filter(({ seq, state }) => {
    const job = state === "cancelled" && !ignoreNeeds ? standing(db, seq) : undefined;
    if (!job) return true;
    db.run(REVIVE, seq);
    const before = { state: "blocked", skippedFor: null } as const;
    Object.assign(job, before);
    settleByNeeds(job, now);
    keepDependent(db, seq, { before, job, now });
    return false;
  });
  unbind(db, others.map(({ seq }) => seq));
  db.run(RETRY, now, theseOf(others));
}

/** Removes jobs with their attempts and output. */
export function remove(
  db: Database,
  ids: readonly string[],
  { only, force = false }: DeleteOptions = {},
): void {
  const jobs = new Map(ids.map((id) => [id, findRow(db, id)?.seq ?? 0]));
  const seqs = new Set(jobs.values());
  for (const [id, seq] of force ? [] : jobs) {
    const first = waitingFor(db, seq, seqs);
    if (first) throw isWaitedFor(id, idOf({ ...first, seq: first.job }));
  }
  for (const id of ids) {
    removeThese(db, [find(db, { verb: "delete", id, only })]);
  }
}

export function removeThese(db: Database, jobs: readonly Pick<Found, "seq">[]): void {
  db.run(`DELETE FROM jobs WHERE seq IN ${THESE}`, theseOf(jobs));
}

function theseOf(jobs: readonly Pick<Found, "seq">[]): string {
  return JSON.stringify(jobs.map(({ seq }) => seq));
}

/** What to change, and the time. */
interface Edit {
  changes: JobChanges;
  now: number;
}

/** Changes a waiting job and returns it as it is then. */
export function edit(db: Database, id: string, edit: Edit): Job {
  editOne(db, find(db, { verb: "edit", id }), edit);
  return toJob(findRow(db, id)!);
}

export function editOne(
  db: Database,
  job: Found & Pick<JobRow, "name" | "started_at" | "unique_key">,
  { changes, now }: Edit,
): void {
  const { runAt, ...others } = changes;
  changeKey(db, job, { changes, now });
  changeFollower(db, job, { changes, now });
  replaceNeeds(db, { ...job, id: idOf(job), started: job.started_at !== null }, { changes, now });
  for (const [assignment, value] of assignments(others)) {
    db.run(`UPDATE jobs SET ${assignment} WHERE seq = ?`, value, job.seq);
  }
  if (MOVE_LANES.some((key) => changes[key] !== undefined)) db.run(TO_FIRST_LANE, job.seq);
  if (runAt !== undefined) reschedule(db, job, { runAt, now });
}

/** What decides in which lane a job stands. */
const MOVE_LANES = ["queue", "label", "takes", "slots"] as const;
const TO_FIRST_LANE = `UPDATE jobs SET lane = ${FIRST_LANE} WHERE seq = ?`;

function reschedule(
  db: Database,
  { seq }: Found,
  { runAt, now }: { runAt: number | null; now: number },
): void {
  const job = db.get<Found>("SELECT seq, state FROM jobs WHERE seq = ?", seq)!; // its needs may have moved it
  const waits = job.state === "blocked" || job.state === "skipped";
  const state = waits ? job.state : waitingState(runAt, now);
  const guard = state === job.state ? "" : `AND ${mayBecome(state)}`;
  db.run(`UPDATE jobs SET state = ?, run_at = ? WHERE seq = ? ${guard}`, state, runAt, job.seq);
}

const HOLD = `UPDATE jobs SET held = ? WHERE seq = ? AND state IN ${sqlList(ALLOWED.hold)}`;

/** Keeps waiting jobs from starting, or lets them go. */
export function hold(db: Database, ids: readonly string[], held: boolean): void {
  for (const id of ids) {
    holdOne(db, find(db, { verb: held ? "hold" : "release", id }), held);
  }
}

export function holdOne(db: Database, { seq }: Found, held: boolean): void {
  db.run(HOLD, held ? 1 : 0, seq);
}

function find(db: Database, intent: Intent): JobRow {
  return allowed(findRow(db, intent.id), intent);
}
