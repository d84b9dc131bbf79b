/**
 * @module
 * What people do to jobs that exist: call off, run again, remove, change, hold. Every function does it for
 * all the ids it is given, or throws and, since it runs in a transaction, for none. What is done to all jobs of some
 * kind is in `sweep.ts`.
 */
import { NoSuch, Refused } from "../../domain/errors.ts";
import { ENDED, type Job, type State, WAITING } from "../../domain/job.ts";
import type { JobChanges } from "../contract.ts";
import type { Database } from "./engine/database.ts";
import { changedColumns, findRow, type JobRow, toJob } from "./rows.ts";
import { mayBecome, sqlList } from "./words.ts";

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
    const job = find(db, id, { verb: "cancel", states: [...WAITING, "processing"] });
    if (job.state === "processing") done.requested += db.run(REQUEST_CANCEL, job.seq);
    else done.cancelled += db.run(CANCEL, now, job.seq);
  }
  return done;
}

/** From where a person may start a job afresh. */
const RETRYABLE: readonly State[] = ["failed", ...ENDED];

/** Starts one job afresh; its parameters are the time and its `seq`. */
export const RETRY = `
  UPDATE jobs SET state = 'pending', attempts = 0, run_at = ?, started_at = NULL, finished_at = NULL,
    exit_code = NULL, signal = NULL, error = NULL, worker = NULL
  WHERE ${mayBecome("pending")} AND seq = ?`;

/** Makes jobs pending at once, with their attempts counted from 0. Returns the ids of those that stay held. */
export function retry(
  db: Database,
  ids: readonly string[],
  { now, only }: { now: number; only?: State },
): string[] {
  return ids.filter((id) => {
    const job = find(db, id, { verb: "retry", states: RETRYABLE, only });
    db.run(RETRY, now, job.seq);
    return job.held === 1;
  });
}

/** Removes jobs with their attempts and output. */
export function remove(db: Database, ids: readonly string[], only?: State): void {
  for (const id of ids) {
    const job = find(db, id, { verb: "delete", states: [...WAITING, ...ENDED], only });
    db.run("DELETE FROM jobs WHERE seq = ?", job.seq);
  }
}

/** Changes a waiting job and returns it as it is then. */
export function edit(db: Database, id: string, { changes, now }: { changes: JobChanges; now: number }): Job {
  const job = find(db, id, { verb: "edit", states: WAITING });
  const { runAt, ...others } = changes;
  for (const [column, value] of changedColumns(others)) {
    db.run(`UPDATE jobs SET ${column} = ? WHERE seq = ?`, value, job.seq);
  }
  if (runAt !== undefined) reschedule(db, job, { runAt, now });
  return toJob(findRow(db, id)!);
}

function reschedule(db: Database, job: JobRow, { runAt, now }: { runAt: number | null; now: number }): void {
  const state = runAt !== null && runAt > now ? "scheduled" : "pending";
  const guard = state === job.state ? "" : `AND ${mayBecome(state)}`;
  db.run(`UPDATE jobs SET state = ?, run_at = ? WHERE seq = ? ${guard}`, state, runAt, job.seq);
}

/** Keeps waiting jobs from starting, or lets them go. */
export function hold(db: Database, ids: readonly string[], held: boolean): void {
  for (const id of ids) {
    const job = find(db, id, { verb: held ? "hold" : "release", states: WAITING });
    db.run(`UPDATE jobs SET held = ? WHERE seq = ? AND state IN ${sqlList(WAITING)}`, held ? 1 : 0, job.seq);
  }
}

/** What is to be done, the states in which it can be, and the one state it was asked to be limited to. */
interface Intent {
  verb: string;
  states: readonly State[];
  only?: State;
}

/** What a person can do about a job that is in the way of what they want. */
const HINTS: Readonly<Record<string, Partial<Record<State, string>>>> = {
  retry: {
    pending: " already",
    scheduled: "; edit its time to run it now",
    processing: "; cancel it first",
  },
  delete: { processing: "; cancel it first" },
  edit: {
    processing: "; cancel it first",
    completed: "; retry it first",
    dead: "; retry it first",
    cancelled: "; retry it first",
  },
};

/** The job, if it exists and is in a state that allows the intent. */
function find(db: Database, id: string, { verb, states, only }: Intent): JobRow {
  const job = findRow(db, id);
  if (!job) throw new NoSuch(`Cannot ${verb} job "${id}": no such job`);
  if (!states.includes(job.state)) {
    throw new Refused(`Cannot ${verb} job "${id}": it is ${job.state}${HINTS[verb]?.[job.state] ?? ""}`);
  }
  if (only !== undefined && job.state !== only) {
    throw new Refused(`Cannot ${verb} job "${id}": it is ${job.state}, not ${only}`);
  }
  return job;
}
