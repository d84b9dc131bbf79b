/**
 * @module
 * What jobs need and who needs them, for those who look, and against a recount. Only reads.
 */
import type { State } from "../../domain/job.ts";
import type { Decision, GroupRef, SkipReason, Wanting } from "../../domain/needs.ts";
import type { Dependents, JobNeed, JobNeeds } from "../contract.ts";
import { endOfState, GROUP_STATE } from "../rules/groups.ts";
import { idOf, seqOf } from "../rules/jobs.ts";
import { compareNeeds, type NeedsOfJob } from "../rules/recount.ts";
import type { Database } from "./engine/database.ts";
import type { NeedyRow } from "./needs.ts";
import { HAS_AN_ID, HAS_ID, idsValues, idValues, JOBS, STATE } from "./rows.ts";

interface NeedRow extends Record<"any" | "bound", boolean>, Record<"open" | "n", number> {
  seq: number;
  name: string | null;
  needs: number;
  needed_name: string | null;
  wanting: Wanting;
  decided: Decision | null;
  state: State | null;
  exit_code: number | null;
  signal: string | null;
  error: string | null;
  skipped_for: SkipReason | null;
}

const ENDED_SO = (column: string) => `CASE WHEN r.job IS NULL THEN o.${column} END AS ${column}`;
const NEEDS = `
  SELECT j.seq, j.name, y."any", y.bound, y.open, y.open + y.met + y.failed + y.called_off + y.unneeded AS n,
    n.needs, n.needed_name, n.wanting, n.decided,
    CASE WHEN r.job IS NULL THEN coalesce(o.state, ${GROUP_STATE}) ELSE 'processing' END AS state, ${
  ["exit_code", "signal", "error", "skipped_for"].map(ENDED_SO).join(", ")
}
  FROM queuectl.jobs j JOIN queuectl.needy y ON y.job = j.seq
  CROSS JOIN LATERAL (
    SELECT n.needs, n.name AS needed_name, n.wanting, n.decided,
      CASE WHEN n.decided IS NULL THEN 1 WHEN n.decided = 'met' THEN 2 ELSE 0 END AS rank
    FROM queuectl.needs n WHERE n.job = j.seq ORDER BY rank, n.needs LIMIT $3::integer) n
  LEFT JOIN queuectl.jobs o ON o.seq = n.needs LEFT JOIN queuectl.running r ON r.job = n.needs
  LEFT JOIN queuectl.groups g ON g.id = -n.needs
  WHERE ${HAS_AN_ID} ORDER BY j.seq, n.rank, n.needs`;

/** What jobs need; null where that is nothing. */
export async function needs(
  db: Database,
  ids: readonly string[],
  limit: number,
): Promise<(JobNeeds | null)[]> {
  if (ids.length === 0) return [];
  const found = new Map<string, JobNeeds>();
  for (const row of await db.read<NeedRow>(NEEDS, ...idsValues(ids), limit)) {
    const id = idOf(row);
    const { any, bound, open, n: of } = row;
    if (!found.has(id)) found.set(id, { any, bound, needs: [], of, open });
    found.get(id)!.needs.push(toNeed(row));
  }
  return ids.map((id) => found.get(canonical(id)) ?? null);
}

/** The id as jobs have it. */
function canonical(id: string): string {
  const seq = seqOf(id);
  return seq === undefined ? id : `j${seq}`;
}

function toNeed(
  { needs, needed_name, wanting, decided, state, exit_code, signal, error, skipped_for }: NeedRow,
): JobNeed {
  const need = { id: idOf({ seq: needs, name: needed_name }), wanting, decided, job: null };
  if (needs < 0) return { ...need, group: state && endOfState(state) };
  if (state === null) return need;
  return { ...need, job: { state, exitCode: exit_code, signal, error, skippedFor: skipped_for } };
}

const DEPENDENTS = `
  SELECT j.seq, j.name, ${STATE} AS state, n.wanting, n.decided, n.total FROM (
    SELECT n.job, n.wanting, n.decided, (
      SELECT count(*) FROM queuectl.needs WHERE needs = n.needs) AS total
    FROM (
      SELECT j.seq FROM queuectl.jobs j WHERE ${HAS_ID}
      UNION ALL SELECT -g.id FROM queuectl.groups g WHERE g.name = $3) o
    JOIN queuectl.needs n ON n.needs = o.seq ORDER BY n.job LIMIT $4::integer) n
  JOIN ${JOBS} ON j.seq = n.job ORDER BY n.job`;

/** The jobs that need one, or a group. */
export async function neededBy(
  db: Database,
  which: string | GroupRef,
  limit: number,
): Promise<Dependents> {
  const rows = await db.read<{
    seq: number;
    name: string | null;
    state: State;
    wanting: Wanting;
    decided: Decision | null;
    total: number;
  }>(
    DEPENDENTS,
    ...typeof which === "string" ? [...idValues(which), null] : [null, null, which.group],
    limit,
  );
  return {
    jobs: rows.map(({ state, wanting, decided, ...row }) => ({ id: idOf(row), state, wanting, decided })),
    of: rows[0]?.total ?? 0,
  };
}

const ALL = `
  SELECT j.seq, j.name, ${STATE} AS state, coalesce(r.started_at, j.started_at) AS started_at, j.run_at, j.skipped_for,
    y."any", y.bound, y.open, y.met, y.failed, y.called_off, y.unneeded, n.wanting, n.decided,
    coalesce(o.seq, -g.id) AS other,
    CASE WHEN q.job IS NULL THEN coalesce(o.state, ${GROUP_STATE}) ELSE 'processing' END AS other_state, o.skipped_for AS other_skipped_for
  FROM queuectl.needy y JOIN queuectl.jobs j ON j.seq = y.job LEFT JOIN queuectl.running r ON r.job = j.seq
  LEFT JOIN queuectl.needs n ON n.job = y.job LEFT JOIN queuectl.jobs o ON o.seq = n.needs
  LEFT JOIN queuectl.running q ON q.job = n.needs LEFT JOIN queuectl.groups g ON g.id = -n.needs
  WHERE NOT EXISTS (
    SELECT 1 FROM queuectl.needs t JOIN queuectl.ended e ON e.job = t.needs WHERE t.job = y.job) ORDER BY j.seq`;
const BLOCKED_BY_NOTHING = `
  SELECT seq, name FROM queuectl.jobs j
  WHERE state = 'blocked' AND NOT EXISTS (SELECT 1 FROM queuectl.needy y WHERE y.job = j.seq) LIMIT 20`;

interface AllRow extends NeedyRow {
  seq: number;
  name: string | null;
  state: State;
  started_at: number | null;
  run_at: number | null;
  skipped_for: SkipReason | null;
  wanting: Wanting | null;
  decided: Decision | null;
  other: number | null;
  other_state: State;
  other_skipped_for: SkipReason | null;
}

/** Jobs that are not where their needs have them, a sentence each; those that are yet to be told something are left out. */
export async function recountNeeds(db: Database): Promise<string[]> {
  const lost = (await db.read<{ seq: number; name: string | null }>(BLOCKED_BY_NOTHING))
    .map((row) => `Job "${idOf(row)}" is blocked by nothing`);
  const jobs = new Map<number, NeedsOfJob>();
  for (const row of await db.read<AllRow>(ALL)) {
    if (!jobs.has(row.seq)) jobs.set(row.seq, { id: idOf(row), job: dependentOf(row), needs: [] });
    if (row.wanting === null) continue;
    const other = row.other === null
      ? undefined
      : { state: row.other_state, skippedFor: row.other_skipped_for };
    jobs.get(row.seq)!.needs.push({ wanting: row.wanting, decided: row.decided, other });
  }
  return [...lost, ...compareNeeds([...jobs.values()])];
}

function dependentOf(row: AllRow): NeedsOfJob["job"] {
  const { state, started_at: startedAt, run_at: runAt, skipped_for: skippedFor, bound } = row;
  const { any, open, met, failed, called_off, unneeded } = row;
  return {
    state,
    startedAt,
    runAt,
    skippedFor,
    bound,
    keyLost: false, // which changes nothing of where its needs have it
    tally: { any, open, met, failed, called_off, unneeded },
  };
}
