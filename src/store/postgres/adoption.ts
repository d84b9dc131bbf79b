/**
 * @module
 * What becomes of the running attempts of supervisors that are gone: others take them over and go on watching them.
 * Taking over is one transaction, and the only way in which an attempt changes hands.
 */
import type { Stream } from "../../domain/job.ts";
import type { PausedAttempt, RunningAttempt, SupervisorInfo } from "../contract.ts";
import type { Database } from "./engine/database.ts";
import type { Result } from "./engine/driver.ts";
import { JOB, type JobRow, toJob } from "./rows.ts";
import { SERVER_NOW } from "./server_time.ts";

const LOOK = `
  SELECT id, host, boot_id AS "bootId", pid_namespace AS "pidNamespace", lease_until AS "leaseUntil",
    lease_until <= ${SERVER_NOW} AS lapsed
  FROM queuectl.supervisors`;

/** All supervisors, in the order of their ids. */
export function supervisors(db: Database): Promise<SupervisorInfo[]> {
  return db.read<SupervisorInfo>(`${LOOK} ORDER BY id`);
}

const SUCCESSORS = `
  (${LOOK} WHERE id > $1 ORDER BY id LIMIT $2) UNION ALL (${LOOK} WHERE id < $1 ORDER BY id LIMIT $2) LIMIT $2`;

/** Those that come next after an id in the ring of all ids, without itself. */
export function successors(db: Database, id: string, limit: number): Promise<SupervisorInfo[]> {
  return db.read<SupervisorInfo>(SUCCESSORS, id, limit);
}

/**
 * An exchange of the one that goes has to end first; and the one that takes over must not be taken over meanwhile. $1 is
 * who goes, $2 who takes over; $3 the lease that the one who goes is to have, or null.
 */
const TAKE_OVER = [
  "SELECT 1 FROM queuectl.supervisors WHERE id = $2 AND id <> $1 FOR KEY SHARE",
  `DELETE FROM queuectl.supervisors WHERE id = $1 AND ($3::bigint IS NULL OR lease_until = $3)
     AND EXISTS (SELECT 1 FROM queuectl.supervisors WHERE id = $2 AND id <> $1)`,
  // who wishes to cancel locks in the same order
  `SELECT 1 FROM queuectl.running WHERE supervisor = $1 AND $2 <> '' ORDER BY job FOR UPDATE`,
  `UPDATE queuectl.running SET started_by = coalesce(started_by, supervisor), supervisor = $2
   WHERE supervisor = $1 AND EXISTS (SELECT 1 FROM queuectl.supervisors WHERE id = $2)
     AND NOT EXISTS (SELECT 1 FROM queuectl.supervisors WHERE id = $1)
   RETURNING token`,
];

const OF = "SELECT token FROM queuectl.running WHERE supervisor = $1";
const OWN = `
  SELECT r.token FROM unnest($3::uuid[]) AS t (token) JOIN queuectl.running r ON r.supervisor = $2 AND r.token = t.token
  WHERE NOT EXISTS (SELECT 1 FROM queuectl.supervisors WHERE id = $1)`;

function tokensIn({ rows }: Result): string[] {
  return rows.map(({ token }) => token as string);
}

/**
 * Makes the running attempts of one supervisor another's and removes it. Returns their tokens, or undefined when one of
 * the two is not there, or the first has another lease by now. Whoever does not hear whether it happened sees whose they are now.
 */
export async function takeOver(
  db: Database,
  { from, by, lease }: { from: string; by: string; lease: number | undefined },
): Promise<string[] | undefined> {
  const before = (await db.read<{ token: string }>(OF, from)).map(({ token }) => token);
  let lost = false;
  try {
    return await db.untilAnswered(async () => {
      try {
        const [, removed, , taken] = await db.tryWrite(
          TAKE_OVER.map((sql) => ({
            sql,
            values: sql.includes("$3") ? [from, by, lease ?? null] : [from, by],
          })),
        );
        if (removed!.count > 0) return tokensIn(taken!);
      } catch (error) {
        lost = true;
        throw error;
      }
      if (!lost || before.length === 0) return undefined;
      const [own] = await db.tryWrite([{ sql: OWN, values: [from, by, before] }]);
      return own!.count === 0 ? undefined : tokensIn(own!);
    });
  } catch (error) {
    throw db.explain(error);
  }
}

interface RunningRow extends JobRow {
  token: string;
  attempt_worker: string;
  started_by: string;
  paused_ms: number;
  /** Of things, as JSON. */
  units: string | null;
  printed: Partial<Record<Stream, number>>;
}

const RUNNING = `
  SELECT ${JOB}, r.token, r.worker AS attempt_worker, coalesce(r.started_by, r.supervisor) AS started_by, r.paused_ms, r.units, (
    SELECT coalesce(json_object_agg(p.stream, p.until), '{}') FROM (
      SELECT o.stream, max(o.start + length(o.bytes)) AS until FROM queuectl.output o
      WHERE o.job = r.job AND o.attempt = r.attempt GROUP BY o.stream) p) AS printed
  FROM queuectl.running r JOIN queuectl.jobs j ON j.seq = r.job
  WHERE r.supervisor = $1 AND ($2::text[] IS NULL OR r.token::text = ANY ($2::text[])) ORDER BY r.started_at, j.seq`;

/** The running attempts of a supervisor, oldest first: all, or those with one of the tokens. */
export async function running(
  db: Database,
  supervisor: string,
  tokens?: readonly string[],
): Promise<RunningAttempt[]> {
  return (await db.read<RunningRow>(RUNNING, supervisor, tokens ?? null)).map((row) => ({
    job: {
      ...toJob(row),
      token: row.token,
      worker: row.attempt_worker,
      ...row.units !== null && { units: JSON.parse(row.units) },
    },
    startedBy: row.started_by,
    printed: { stdout: 0, stderr: 0, ...row.printed },
    pausedMs: row.paused_ms,
  }));
}

const ADOPT = `
  UPDATE queuectl.running r SET worker = a.worker, adopted_from = nullif(coalesce(r.adopted_from, r.worker), a.worker)
  FROM unnest($2::text[], $3::text[]) AS a (token, worker) WHERE r.supervisor = $1 AND r.token::text = a.token`;

/** Gives running attempts of a supervisor to other workers of it. */
export async function adopt(
  db: Database,
  supervisor: string,
  adoptions: readonly { token: string; worker: string }[],
): Promise<void> {
  const values = [supervisor, adoptions.map(({ token }) => token), adoptions.map(({ worker }) => worker)];
  await db.writeAgain([{ sql: ADOPT, values }]);
}

const NOTE_PAUSED = `
  UPDATE queuectl.running r SET unstopped = p.unstopped
  FROM unnest($2::text[], $3::bigint[], $4::integer[]) AS p (token, since, unstopped)
  WHERE r.supervisor = $1 AND r.token::text = p.token AND r.paused_at = p.since`;

/** Notes that attempts stand still. */
export async function notePaused(
  db: Database,
  supervisor: string,
  paused: readonly PausedAttempt[],
): Promise<void> {
  const values = [
    supervisor,
    paused.map(({ token }) => token),
    paused.map(({ since }) => since),
    paused.map(({ unstopped }) => unstopped),
  ];
  await db.writeAgain([{ sql: NOTE_PAUSED, values }]);
}

const SPOOLS = `
  SELECT id FROM queuectl.supervisors
  UNION SELECT started_by FROM queuectl.running WHERE started_by IS NOT NULL`;

/** The ids of the supervisors in whose spools running attempts may write. */
export async function spools(db: Database): Promise<Set<string>> {
  return new Set((await db.read<{ id: string }>(SPOOLS)).map(({ id }) => id));
}
