/**
 * @module
 * Looking at jobs by their ids, and at what stands before them. Only reads.
 */
import type { Attempt, Job, State } from "../../domain/job.ts";
import type { AheadOf } from "../contract.ts";
import { type AttemptRow, toAttempt } from "../rules/attempts.ts";
import { idOf } from "../rules/jobs.ts";
import type { Database } from "./engine/database.ts";
import { HAS_AN_ID, HAS_ID, idsValues, idValues, JOB, type JobRow, JOBS, STATE, toJob } from "./rows.ts";

const FIND = `SELECT ${JOB} FROM ${JOBS} WHERE ${HAS_ID}`;

export async function get(db: Database, id: string): Promise<Job | undefined> {
  const row = await db.get<JobRow>(FIND, ...idValues(id));
  return row && toJob(row);
}

const SAID = `s.percent, s.text, s.note, s.memory, s.peak_memory, s.cpu_ms AS seen_cpu_ms,
  length(t.bytes) AS result_size`;
const SAID_BY = (attempt: string) => `
  LEFT JOIN queuectl.said s ON s.job = ${attempt}.job AND s.attempt = ${attempt}.attempt
  LEFT JOIN queuectl.results t ON t.job = ${attempt}.job AND t.attempt = ${attempt}.attempt`;
const ATTEMPTS = `
  WITH job AS MATERIALIZED (SELECT j.seq FROM queuectl.jobs j WHERE ${HAS_ID})
  SELECT a.attempt, a.worker, a.adopted_from, a.supervisor, a.host, a.started_at, a.finished_at, a.outcome,
    a.exit_code, a.signal, a.error, a.cpu_ms, a.paused_ms, NULL AS unstopped, ${SAID}
  FROM job JOIN queuectl.attempts a ON a.job = job.seq ${SAID_BY("a")}
  UNION ALL
  SELECT r.attempt, r.worker, r.adopted_from, r.supervisor, r.host, r.started_at, NULL, NULL, NULL, NULL, NULL,
    NULL, r.paused_ms, r.unstopped, ${SAID}
  FROM job JOIN queuectl.running r ON r.job = job.seq ${SAID_BY("r")}
  ORDER BY attempt`;

/** The attempts of a job, oldest first; empty when there is no such job. */
export async function attempts(db: Database, id: string): Promise<Attempt[]> {
  return (await db.read<AttemptRow>(ATTEMPTS, ...idValues(id))).map(toAttempt);
}

const STDIN = `SELECT i.bytes FROM queuectl.jobs j JOIN queuectl.inputs i ON i.job = j.seq WHERE ${HAS_ID}`;

/** What a job reads on its stdin; undefined when that is nothing, or there is no such job. */
export async function stdin(db: Database, id: string): Promise<Uint8Array | undefined> {
  const row = await db.get<{ bytes: Uint8Array }>(STDIN, ...idValues(id));
  return row && new Uint8Array(row.bytes);
}

const STATES = `SELECT j.seq, j.name, ${STATE} AS state FROM ${JOBS} WHERE ${HAS_AN_ID}`;

/** The states of many jobs, in the given order; undefined where there is no such job. */
export async function states(db: Database, ids: readonly string[]): Promise<(State | undefined)[]> {
  if (ids.length === 0) return [];
  const rows = await db.read<{ seq: number; name: string | null; state: State }>(STATES, ...idsValues(ids));
  const found = new Map(rows.map((row) => [idOf(row), row.state]));
  return ids.map((id) => found.get(id));
}

const IDS = "SELECT seq, name FROM queuectl.jobs WHERE seq = ANY ($1::bigint[])";

/** The ids of jobs by their numbers. */
export async function idsOf(db: Database, seqs: readonly number[]): Promise<string[]> {
  const rows = await db.read<{ seq: number; name: string | null }>(IDS, seqs);
  const found = new Map(rows.map((row) => [row.seq, idOf(row)]));
  return seqs.flatMap((seq) => found.get(seq) ?? []);
}

const AHEAD = `
  SELECT count(*) AS n FROM (
    SELECT 1 FROM queuectl.jobs j, (
      SELECT u.queue, u.queue AS place FROM unnest(queuectl.lanes_13()) AS u (queue)
      UNION ALL SELECT s.queue, '*' || s.id FROM queuectl.sublanes s WHERE s.priority IS NOT NULL) l, LATERAL (
      SELECT 1 FROM queuectl.ready WHERE ready.queue = l.place AND (ready.priority, ready.seq) < (j.priority, j.seq)
      LIMIT $3) before
    WHERE ${HAS_ID} AND ($4::text[] IS NULL OR l.queue = ANY ($4))
      AND NOT EXISTS (SELECT 1 FROM queuectl.queues q WHERE q.name = l.queue AND q.paused)
    LIMIT $3) counted`;

/** How many jobs of these queues, as far as they are not paused, would be claimed before this one, counted to `limit`. */
export async function ahead(db: Database, id: string, { queues, limit }: AheadOf): Promise<number> {
  return (await db.get<{ n: number }>(AHEAD, ...idValues(id), limit, queues))!.n;
}
