/**
 * @module
 * What becomes of the running attempts of supervisors that are gone: others take them over and go on watching them.
 * Taking over is one transaction, and the only way in which an attempt changes hands.
 */
import type { Stream } from "../../domain/job.ts";
import type { RunningAttempt, SupervisorInfo } from "../contract.ts";
import { systemClock } from "../../system/clock.ts";
import type { Database } from "./engine/database.ts";
import { type JobRow, toJob } from "./rows.ts";

interface SupervisorRow {
  id: string;
  host: string;
  boot_id: string;
  pid_namespace: string;
  lease_until: number;
}

const LOOK = "SELECT id, host, boot_id, pid_namespace, lease_until FROM supervisors";

/** All supervisors, in the order of their ids. */
export function supervisors(db: Database): SupervisorInfo[] {
  return db.all<SupervisorRow>(`${LOOK} ORDER BY id`).map(toSupervisor);
}

/** Those that come next after an id in the ring of all ids, without itself. */
export function successors(db: Database, id: string, limit: number): SupervisorInfo[] {
  const after = db.all<SupervisorRow>(`${LOOK} WHERE id > ? ORDER BY id LIMIT ?`, id, limit);
  const missing = limit - after.length;
  const around = missing === 0
    ? []
    : db.all<SupervisorRow>(`${LOOK} WHERE id < ? ORDER BY id LIMIT ?`, id, missing);
  return [...after, ...around].map(toSupervisor);
}

function toSupervisor(row: SupervisorRow): SupervisorInfo {
  return {
    id: row.id,
    host: row.host,
    bootId: row.boot_id,
    pidNamespace: row.pid_namespace,
    leaseUntil: row.lease_until,
  };
}

/**
 * Makes the running attempts of one supervisor another's and removes it. Returns their tokens, or undefined when one of
 * the two is not there, or the first has another lease by now.
 */
export function takeOver(
  db: Database,
  { from, by, lease }: { from: string; by: string; lease: number | undefined },
): string[] | undefined {
  if (!db.get("SELECT 1 FROM supervisors WHERE id = ?", by)) return undefined;
  const removed = db.run(
    "DELETE FROM supervisors WHERE id = ? AND lease_until = ifnull(?, lease_until)",
    from,
    lease ?? null,
  );
  if (removed === 0) return undefined;
  return db.all<{ token: string }>(
    `UPDATE attempts SET started_by = coalesce(started_by, supervisor), supervisor = ?
     WHERE supervisor = ? AND finished_at IS NULL RETURNING token`,
    by,
    from,
  ).map(({ token }) => token);
}

interface RunningRow extends JobRow {
  token: string;
  attempt_worker: string;
  started_by: string;
  paused_ms: number;
  units: string | null;
}

/** The running attempts of a supervisor, oldest first: all, or those with one of the tokens. */
export async function running(
  db: Database,
  supervisor: string,
  tokens?: readonly string[],
): Promise<RunningAttempt[]> {
  const jobs = await db.read((db) =>
    tokens === undefined
      ? db.all<{ job: number }>(`${RUNNING_JOBS} ${OLDEST_FIRST}`, supervisor)
      : db.all<{ job: number }>(
        `${RUNNING_JOBS} ${WITH_TOKEN} ${OLDEST_FIRST}`,
        supervisor,
        JSON.stringify(tokens),
      )
  );
  const found: RunningAttempt[] = [];
  for (let from = 0; from < jobs.length; from += PAGE) {
    if (from > 0) await systemClock.sleep(0); // there may be thousands: others have their turn, in this process too
    const page = jobs.slice(from, from + PAGE).map(({ job }) => job);
    found.push(...await db.read((db) => runningOf(db, supervisor, page)));
  }
  return found;
}

/** Attempts that are looked at in one go. */
const PAGE = 100;
const RUNNING_JOBS = `
  SELECT a.job FROM attempts a JOIN jobs j ON j.seq = a.job
  WHERE a.supervisor = ? AND a.finished_at IS NULL`;
const WITH_TOKEN = "AND a.token IN (SELECT value FROM json_each(?))";
const OLDEST_FIRST = "ORDER BY a.started_at, a.job";

function runningOf(db: Database, supervisor: string, jobs: readonly number[]): RunningAttempt[] {
  return db.all<RunningRow>(
    `SELECT j.*, a.token, a.worker AS attempt_worker, coalesce(a.started_by, a.supervisor) AS started_by,
       a.paused_ms, a.units
     FROM json_each(?) CROSS JOIN jobs j ON j.seq = value
     JOIN attempts a ON a.job = j.seq AND a.attempt = j.last_attempt
     WHERE a.supervisor = ? AND a.finished_at IS NULL ORDER BY a.started_at, j.seq`,
    JSON.stringify(jobs),
    supervisor,
  ).map((row) => ({
    job: {
      ...toJob(row),
      token: row.token,
      worker: row.attempt_worker,
      ...(row.units !== null && { units: JSON.parse(row.units) }),
    },
    startedBy: row.started_by,
    printed: printed(db, row),
    pausedMs: row.paused_ms,
  }));
}

function printed(db: Database, { seq, last_attempt }: JobRow): Record<Stream, number> {
  const ends = db.all<{ stream: Stream; until: number }>(
    `SELECT stream, max(start + length(bytes)) AS until FROM output WHERE job = ? AND attempt = ? GROUP BY stream`,
    seq,
    last_attempt,
  );
  return { stdout: 0, stderr: 0, ...Object.fromEntries(ends.map(({ stream, until }) => [stream, until])) };
}

/** Gives running attempts of a supervisor to other workers of it. */
export function adopt(
  db: Database,
  supervisor: string,
  adoptions: readonly { token: string; worker: string }[],
): void {
  for (const { token, worker } of adoptions) {
    const attempt = db.get<{ job: number }>(
      `UPDATE attempts SET worker = ?, adopted_from = nullif(coalesce(adopted_from, worker), ?)
       WHERE supervisor = ? AND token = ? AND finished_at IS NULL RETURNING job`,
      worker,
      worker,
      supervisor,
      token,
    );
    if (attempt) db.run("UPDATE jobs SET worker = ? WHERE seq = ?", worker, attempt.job);
  }
}

/** The ids of the supervisors in whose spools running attempts may write. */
export function spools(db: Database): Set<string> {
  const rows = db.all<{ id: string }>(
    `SELECT id FROM supervisors
     UNION SELECT started_by FROM attempts WHERE finished_at IS NULL AND started_by IS NOT NULL`,
  );
  return new Set(rows.map(({ id }) => id));
}
