/**
 * @module
 * Giving jobs to workers: due jobs become pending, and the first pending ones of all open queues become
 * processing, each by one guarded UPDATE and with one new attempt.
 */
import type { ClaimedJob } from "../store.ts";
import type { Lane } from "./counts.ts";
import type { Database } from "./database.ts";
import { type JobRow, toJob } from "./rows.ts";
import { mayBecome } from "./words.ts";

/** Due jobs made pending in one transaction, so that a million of them do not hold up everybody else. */
const MOST_DUE = 2000;

const DUE = "state IN ('scheduled', 'failed') AND held = 0";

/** The earliest `run_at` of a job that waits for its time, due or not; null when there is none. */
export function earliestDue(db: Database): number | null {
  return db.get<{ at: number | null }>(`SELECT min(run_at) AS at FROM jobs WHERE ${DUE}`)!.at;
}

/** Makes due jobs pending. Returns how many. */
export function wakeDue(db: Database, now: number): number {
  return db.run(
    `UPDATE jobs SET state = 'pending'
     WHERE ${mayBecome("pending")} AND seq IN (
       SELECT seq FROM jobs WHERE ${DUE} AND run_at <= ? ORDER BY run_at LIMIT ${MOST_DUE})`,
    now,
  );
}

/** Who claims, for whom, and from where. */
export interface Claim {
  /** Whose attempts they become. */
  supervisor: string;
  /** Where it runs. */
  host: string;
  /** In ms since the epoch. */
  now: number;
  /** One worker for every job that can be taken. */
  free: readonly string[];
  /** The queues to take from; none of them paused. */
  lanes: readonly Lane[];
}

const FIRST = `
  SELECT seq, priority FROM jobs
  WHERE state = 'pending' AND queue = ? AND held = 0 ORDER BY priority, seq LIMIT ?`;

const TAKE = `
  UPDATE jobs SET state = 'processing', attempts = attempts + 1, last_attempt = last_attempt + 1,
    started_at = ?, worker = ?, finished_at = NULL, exit_code = NULL, signal = NULL, error = NULL
  WHERE seq = ? AND held = 0 AND ${mayBecome("processing")}
  RETURNING *`;

const BEGIN_ATTEMPT = `
  INSERT INTO attempts (job, attempt, token, supervisor, worker, host, ready_at, started_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

/** Claims the first jobs of all open lanes together. */
export function claim(db: Database, { supervisor, host, now, free, lanes }: Claim): ClaimedJob[] {
  return first(db, lanes, free.length).map((seq, index) => {
    const worker = free[index]!;
    const token = crypto.randomUUID();
    const row = db.get<JobRow>(TAKE, now, worker, seq)!;
    const readyAt = Math.max(row.created_at, row.run_at ?? 0);
    db.run(BEGIN_ATTEMPT, seq, row.last_attempt, token, supervisor, worker, host, readyAt, now);
    return { ...toJob(row), worker, token };
  });
}

/** The jobs that come first by priority and then by age, over all lanes; at most `limit`. */
function first(db: Database, lanes: readonly Lane[], limit: number): number[] {
  const open = lanes.filter(({ room }) => room > 0);
  const candidates = open.flatMap(({ queue, room }) =>
    db.all<{ seq: number; priority: number }>(FIRST, queue, Math.min(room, limit))
  );
  if (open.length > 1) candidates.sort((a, b) => a.priority - b.priority || a.seq - b.seq);
  return candidates.slice(0, limit).map(({ seq }) => seq);
}
