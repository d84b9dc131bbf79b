/**
 * @module
 * What people do to jobs that exist: call off, run again, remove, change, hold. Every function does it for all the ids
 * it is given, or throws and does it for none. What is done to all jobs of some kind is in `sweep.ts`.
 */
import type { Job, State } from "../../domain/job.ts";
import type { JobChanges } from "../contract.ts";
import { idOf, waitingState } from "../rules/jobs.ts";
import { allowed, type Intent } from "../rules/refusals.ts";
import type { Database, Transaction } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";
import { letGo, type LockedJob, lockJobs } from "./locked_jobs.ts";
import { changedColumns, HAS_AN_ID, idsValues, JOB, type JobRow, JOBS, toJob } from "./rows.ts";

/** Does something to jobs, one after the other, as far as their states allow it; then stores all of it. */
async function change<T>(
  db: Database,
  intents: readonly Intent[],
  { act, store }: {
    act(job: LockedJob): void;
    store(jobs: readonly LockedJob[]): { statements: Statement[]; result: T };
  },
): Promise<T> {
  return await db.transaction(async (tx) => {
    const jobs = await lockIds(tx, intents.map(({ id }) => id));
    const changed = new Set<LockedJob>();
    for (const intent of intents) {
      const job = jobs.get(intent.id);
      allowed(job?.gone ? undefined : job, intent);
      act(job!);
      changed.add(job!);
    }
    const { statements, result } = store([...changed]);
    await tx.commit([...statements, ...letGo([...jobs.values()])]);
    return result;
  });
}

async function lockIds(tx: Transaction, ids: readonly string[]): Promise<Map<string, LockedJob>> {
  const jobs = await lockJobs(tx, HAS_AN_ID, ...idsValues(ids));
  return new Map(jobs.map((job) => [idOf(job.row), job]));
}

function intents(verb: Intent["verb"], ids: readonly string[], only?: State): Intent[] {
  return ids.map((id) => ({ verb, id, only }));
}

function numbers(jobs: readonly LockedJob[]): number[] {
  return jobs.map(({ row }) => row.seq);
}

const CANCEL = `
  UPDATE queuectl.jobs SET state = 'cancelled', held = false, finished_at = $2 WHERE seq = ANY ($1::bigint[])`;
const REQUEST_CANCEL = "UPDATE queuectl.running SET cancel_requested = true WHERE job = ANY ($1::bigint[])";

/** Calls jobs off: waiting ones at once, running ones as a wish to their worker. */
export async function cancel(
  db: Database,
  ids: readonly string[],
  now: number,
): Promise<{ cancelled: number; requested: number }> {
  return await change(db, intents("cancel", ids), {
    act(job) {
      if (job.state !== "processing") Object.assign(job, { state: "cancelled", held: false });
    },
    store(jobs) {
      const running = jobs.filter(({ state }) => state === "processing");
      const waiting = jobs.filter(({ state }) => state !== "processing");
      return {
        statements: [
          { sql: REQUEST_CANCEL, values: [numbers(running)] },
          { sql: CANCEL, values: [numbers(waiting), now] },
        ],
        result: { cancelled: waiting.length, requested: running.length },
      };
    },
  });
}

/** Starts jobs afresh; its parameters are their numbers and the time. */
export const RETRY = `
  UPDATE queuectl.jobs SET state = 'pending', attempts = 0, run_at = $2, started_at = NULL, finished_at = NULL,
    exit_code = NULL, signal = NULL, error = NULL, worker = NULL
  WHERE seq = ANY ($1::bigint[])`;

/** Makes jobs pending at once, with their attempts counted from 0. Returns the ids of those that stay held. */
export async function retry(
  db: Database,
  ids: readonly string[],
  { now, only }: { now: number; only?: State },
): Promise<string[]> {
  return await change(db, intents("retry", ids, only), {
    act: (job) => job.state = "pending",
    store: (jobs) => ({
      statements: [{ sql: RETRY, values: [numbers(jobs), now] }],
      result: jobs.filter(({ held }) => held).map(({ row }) => idOf(row)),
    }),
  });
}

/** Removes jobs with their attempts, output and stdin; its parameter are their numbers. */
export function removal(seqs: readonly number[]): Statement[] {
  return ["inputs WHERE job", "output WHERE job", "attempts WHERE job", "jobs WHERE seq"].map((of) => ({
    sql: `DELETE FROM queuectl.${of} = ANY ($1::bigint[])`,
    values: [seqs],
  }));
}

/** Removes jobs with their attempts and output. */
export async function remove(db: Database, ids: readonly string[], only?: State): Promise<void> {
  await change(db, intents("delete", ids, only), {
    act: (job) => job.gone = true,
    store: (jobs) => ({ statements: removal(numbers(jobs)), result: undefined }),
  });
}

const READ = `SELECT ${JOB} FROM ${JOBS} WHERE j.seq = $1`;

/** Changes a waiting job and returns it as it is then. */
export async function edit(
  db: Database,
  id: string,
  { changes, now }: { changes: JobChanges; now: number },
): Promise<Job> {
  const { runAt, ...others } = changes;
  return await db.transaction(async (tx) => {
    const jobs = await lockIds(tx, [id]);
    const job = allowed(jobs.get(id), { verb: "edit", id });
    const columns = changedColumns(others);
    if (runAt !== undefined) {
      job.state = waitingState(runAt, now);
      columns.push(["state", job.state], ["run_at", runAt]);
    }
    job.queue = changes.queue ?? job.queue;
    job.priority = changes.priority ?? job.priority;
    const { seq } = job.row;
    const set = columns.map(([column], at) => `${column} = $${at + 2}`).join(", ");
    const update = `UPDATE queuectl.jobs SET ${set} WHERE seq = $1`;
    const results = await tx.commit([
      ...columns.length === 0 ? [] : [{ sql: update, values: [seq, ...columns.map(([, value]) => value)] }],
      ...letGo([job]),
      { sql: READ, values: [seq] },
    ]);
    return toJob(results.at(-1)!.rows[0] as JobRow);
  });
}

const HOLD = "UPDATE queuectl.jobs SET held = $2 WHERE seq = ANY ($1::bigint[])";

/** Keeps waiting jobs from starting, or lets them go. */
export async function hold(db: Database, ids: readonly string[], held: boolean): Promise<void> {
  await change(db, intents(held ? "hold" : "release", ids), {
    act: (job) => job.held = held,
    store: (jobs) => ({ statements: [{ sql: HOLD, values: [numbers(jobs), held] }], result: undefined }),
  });
}
