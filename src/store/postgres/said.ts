/**
 * @module
 * What attempts say of themselves: how far they are, their results, and the checkpoints of their jobs. Only running
 * attempts of a supervisor are heard. Invariants: it is stored in the transaction of the exchange that brings it, before
 * that settles anything; `jobs.checkpoint_size` says whether there is a checkpoint, so that nobody looks for it in vain.
 */
import type { AttemptSaid } from "../contract.ts";
import type { Database } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";
import { HAS_ID, idValues } from "./rows.ts";

/** The attempts with some tokens. Who takes over deletes the supervisor: that waits for us, or we find none. */
const OF = `
  WITH own AS MATERIALIZED (SELECT id FROM queuectl.supervisors WHERE id = $1 FOR KEY SHARE),
  s AS MATERIALIZED (
    SELECT r.job, r.attempt, u.* FROM own JOIN queuectl.running r ON r.supervisor = own.id`;
const SAY = `${OF}
    JOIN unnest($2::uuid[], $3::double precision[], $4::text[], $5::text[]) AS u (token, percent, text, note)
      ON u.token = r.token)
  INSERT INTO queuectl.said (job, attempt, percent, text, note) SELECT job, attempt, percent, text, note FROM s
  ON CONFLICT (job, attempt) DO UPDATE
    SET percent = excluded.percent, text = excluded.text, note = coalesce(excluded.note, said.note)`;
const NOTE = `${OF} JOIN unnest($2::uuid[], $3::text[]) AS u (token, note) ON u.token = r.token)
  INSERT INTO queuectl.said (job, attempt, note) SELECT job, attempt, note FROM s
  ON CONFLICT (job, attempt) DO UPDATE SET note = excluded.note`;
const SEE = `${OF} JOIN unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[])
      AS u (token, memory, peak_memory, cpu_ms) ON u.token = r.token)
  INSERT INTO queuectl.said (job, attempt, memory, peak_memory, cpu_ms)
    SELECT job, attempt, memory, peak_memory, cpu_ms FROM s
  ON CONFLICT (job, attempt) DO UPDATE SET memory = excluded.memory, cpu_ms = excluded.cpu_ms,
    peak_memory = greatest(excluded.peak_memory, said.peak_memory)`;
const KEEP_RESULT = `${OF} JOIN unnest($2::uuid[], $3::bytea[]) AS u (token, bytes) ON u.token = r.token)
  INSERT INTO queuectl.results (job, attempt, bytes) SELECT job, attempt, bytes FROM s
  ON CONFLICT (job, attempt) DO UPDATE SET bytes = excluded.bytes`;
const KEEP_CHECKPOINT = `${OF} JOIN unnest($2::uuid[], $3::bytea[]) AS u (token, bytes) ON u.token = r.token),
  noted AS (UPDATE queuectl.jobs j SET checkpoint_size = length(s.bytes) FROM s WHERE j.seq = s.job)
  INSERT INTO queuectl.checkpoints (job, bytes) SELECT job, bytes FROM s
  ON CONFLICT (job) DO UPDATE SET bytes = excluded.bytes`;
const DROP_CHECKPOINT = `${OF} JOIN unnest($2::uuid[]) AS u (token) ON u.token = r.token),
  noted AS (UPDATE queuectl.jobs j SET checkpoint_size = NULL FROM s WHERE j.seq = s.job)
  DELETE FROM queuectl.checkpoints c USING s WHERE c.job = s.job`;
const NOTE_SNOOZE = `${OF} JOIN unnest($2::uuid[], $3::bigint[]) AS u (token, since) ON u.token = r.token)
  UPDATE queuectl.jobs j SET snoozed_since = s.since FROM s WHERE j.seq = s.job`;

/** What stores what running attempts of a supervisor said; nothing for nothing. Their tokens are such. */
export function saidStatements(supervisor: string, said: readonly AttemptSaid[]): Statement[] {
  const statements: Statement[] = [];
  const add = <T extends AttemptSaid>(
    sql: string,
    some: readonly T[],
    ...columns: ((one: T) => number | string | Uint8Array | null)[]
  ) => {
    if (some.length === 0) return;
    const values = [({ token }: T) => token, ...columns].map((column) => some.map(column));
    statements.push({ sql, values: [supervisor, ...values as string[][]] });
  };
  const has = <K extends keyof AttemptSaid>(key: K) =>
    said.filter((one): one is AttemptSaid & Required<Pick<AttemptSaid, K>> => one[key] !== undefined);
  add(
    SAY,
    has("progress"),
    ({ progress }) => progress.percent,
    ({ progress }) => progress.text,
    ({ note }) => note ?? null,
  );
  add(NOTE, has("note").filter(({ progress }) => !progress), ({ note }) => note);
  add(
    SEE,
    has("usage"),
    ({ usage }) => usage.memory,
    ({ usage }) => usage.peakMemory,
    ({ usage }) => usage.cpuMs,
  );
  add(KEEP_RESULT, has("result"), ({ result }) => result);
  add(
    KEEP_CHECKPOINT,
    has("checkpoint").filter(({ checkpoint }) => checkpoint !== null),
    ({ checkpoint }) => checkpoint,
  );
  add(DROP_CHECKPOINT, has("checkpoint").filter(({ checkpoint }) => checkpoint === null));
  add(NOTE_SNOOZE, has("snoozedSince"), ({ snoozedSince }) => snoozedSince);
  return statements;
}

const RESULT = `
  SELECT s.bytes FROM queuectl.jobs j JOIN queuectl.results s ON s.job = j.seq AND s.attempt = $3 WHERE ${HAS_ID}`;

/** The result of an attempt; undefined when it left none, or there is no such attempt. */
export async function resultOf(db: Database, id: string, attempt: number): Promise<Uint8Array | undefined> {
  const row = await db.get<{ bytes: Uint8Array }>(RESULT, ...idValues(id), attempt);
  return row && new Uint8Array(row.bytes);
}
