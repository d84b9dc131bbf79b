/**
 * @module
 * Jobs that somebody changes: locked, as they are, until the transaction ends. Nobody claims, settles or changes them
 * meanwhile. Invariant: locks are taken in one order: what runs, the jobs, what is ready, each by number; whoever settles
 * takes them in the same.
 */
import type { State } from "../../domain/job.ts";
import { CountChanges } from "./counts.ts";
import type { Transaction } from "./engine/database.ts";
import type { Statement, Value } from "./engine/driver.ts";
import { JOB, type JobRow, JOBS } from "./rows.ts";

/** What is done to a job. */
export interface LockedJob {
  readonly row: JobRow;
  /** As it will be: what is changed here changes the counts, and whether it can be claimed. */
  queue: string;
  priority: number;
  state: State;
  held: boolean;
  gone: boolean;
}

function statements(which: string, values: readonly Value[]): Statement[] {
  const seqs = `SELECT j.seq FROM queuectl.jobs j WHERE ${which}`;
  return [
    `SELECT r.job FROM queuectl.running r WHERE r.job IN (${seqs}) ORDER BY r.job FOR UPDATE`,
    `SELECT j.seq FROM queuectl.jobs j WHERE ${which} ORDER BY j.seq FOR UPDATE`,
    // this waits for claims that are under way: what they took is running by the time of the next statement
    `DELETE FROM queuectl.ready r USING queuectl.jobs j
     WHERE ${which} AND j.state = 'pending' AND NOT j.held
       AND r.queue = j.queue AND r.priority = j.priority AND r.seq = j.seq`,
    // so that nobody lays it meanwhile
    `DELETE FROM queuectl.ready r USING queuectl.jobs j
     WHERE ${which} AND j.state = 'pending' AND NOT j.held AND r.queue < '0' AND r.seq = j.seq`,
    `SELECT ${JOB} FROM ${JOBS} WHERE ${which} ORDER BY j.seq`,
  ].map((sql) => ({ sql, values }));
}

/** Locks the jobs of a condition on `jobs j`. */
export async function lockJobs(
  tx: Transaction,
  which: string,
  ...values: Value[]
): Promise<LockedJob[]> {
  const results = await tx.several(statements(which, values));
  return (results.at(-1)!.rows as JobRow[]).map((row) => ({
    row,
    queue: row.queue,
    priority: row.priority,
    state: row.state,
    held: row.held,
    gone: false,
  }));
}

const READY = `
  INSERT INTO queuectl.ready (queue, priority, seq)
  SELECT queuectl.place_13(queue, policy), priority, seq FROM queuectl.jobs WHERE seq = ANY ($1::bigint[])`;

/** The last statements: what was changed is counted, and what can be claimed is ready again. */
export function letGo(jobs: readonly LockedJob[]): Statement[] {
  const changes = new CountChanges();
  for (const { row, queue, state, held, gone } of jobs) {
    changes.add({ queue: row.queue, state: row.state, held: row.held }, -1);
    if (!gone) changes.add({ queue, state, held }, 1);
  }
  const ready = jobs.filter(({ state, held, gone }) => state === "pending" && !held && !gone);
  const readied = ready.length === 0 ? [] : [{
    sql: READY,
    values: [ready.map(({ row }) => row.seq)],
  }];
  return [...readied, ...changes.statements()];
}
