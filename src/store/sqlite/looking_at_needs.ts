/**
 * @module
 * What jobs need and who needs them, for those who look, and against a recount. Only reads.
 */
import type { Job, State } from "../../domain/job.ts";
import type { Decision, GroupRef, SkipReason, Wanting } from "../../domain/needs.ts";
import type { Dependents, JobNeed, JobNeeds } from "../contract.ts";
import { endOfState, GROUP_STATE } from "../rules/groups.ts";
import { idOf } from "../rules/jobs.ts";
import { compareNeeds, type NeedsOfJob } from "../rules/recount.ts";
import type { Database } from "./engine/database.ts";
import { DEPENDENT, type DependentRow, toDependent } from "./needs.ts";
import { findRow } from "./rows.ts";
import { GIVEN } from "./words.ts";

interface NeedRow {
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

const NEEDY =
  "SELECT any, bound, open, open + met + failed + called_off + unneeded AS n FROM needy WHERE job = ?";
const NEEDS = `
  SELECT n.needs, n.name AS needed_name, n.wanting, n.decided, coalesce(j.state, ${GROUP_STATE}) AS state, j.exit_code,
    j.signal, j.error, j.skipped_for
  FROM needs n LEFT JOIN jobs j ON j.seq = n.needs LEFT JOIN groups g ON g.id = -n.needs WHERE n.job = ?
  ORDER BY CASE WHEN n.decided IS NULL THEN 1 WHEN n.decided = 'met' THEN 2 ELSE 0 END, n.needs LIMIT ${GIVEN}`;

/** What jobs need; null where that is nothing. */
export function needs(db: Database, ids: readonly string[], limit: number): (JobNeeds | null)[] {
  return ids.map((id) => {
    const job = findRow(db, id);
    const needy = job && db.get<{ any: number; bound: number; open: number; n: number }>(NEEDY, job.seq);
    if (!needy) return null;
    const found = db.all<NeedRow>(NEEDS, job.seq, limit).map(toJobNeed);
    return { any: needy.any === 1, bound: needy.bound === 1, needs: found, of: needy.n, open: needy.open };
  });
}

function toJobNeed(row: NeedRow): JobNeed {
  const { needs, needed_name, wanting, decided, state } = row;
  const need = { id: idOf({ seq: needs, name: needed_name }), wanting, decided, job: null };
  if (needs < 0) return { ...need, group: state && endOfState(state) };
  return state === null ? need : { ...need, job: toNeeded({ ...row, state }) };
}

function toNeeded(
  { state, exit_code, signal, error, skipped_for }: NeedRow & { state: State },
): Pick<Job, "state" | "exitCode" | "signal" | "error" | "skippedFor"> {
  return { state, exitCode: exit_code, signal, error, skippedFor: skipped_for };
}

const GROUP = "SELECT -id AS seq FROM groups WHERE name = ?";
const DEPENDENTS = `
  SELECT j.seq, j.name, j.state, n.wanting, n.decided
  FROM needs n JOIN jobs j ON j.seq = n.job WHERE n.needs = ? ORDER BY n.job LIMIT ${GIVEN}`;

/** The jobs that need one, or a group. */
export function neededBy(db: Database, which: string | GroupRef, limit: number): Dependents {
  const job = typeof which === "string" ? findRow(db, which) : db.get<{ seq: number }>(GROUP, which.group);
  if (!job) return { jobs: [], of: 0 };
  const jobs = db.all<
    { seq: number; name: string | null; state: State; wanting: Wanting; decided: Decision | null }
  >(
    DEPENDENTS,
    job.seq,
    limit,
  ).map(({ state, wanting, decided, ...row }) => ({ id: idOf(row), state, wanting, decided }));
  const of = jobs.length < limit
    ? jobs.length
    : db.get<{ n: number }>("SELECT count(*) AS n FROM needs WHERE needs = ?", job.seq)!.n;
  return { jobs, of };
}

const ALL = `
  SELECT j.name, ${DEPENDENT}, n.wanting, n.decided, coalesce(o.seq, -g.id) AS other,
    coalesce(o.state, ${GROUP_STATE}) AS other_state, o.skipped_for AS other_skipped_for
  FROM needy y JOIN jobs j ON j.seq = y.job LEFT JOIN needs n ON n.job = y.job LEFT JOIN jobs o ON o.seq = n.needs
  LEFT JOIN groups g ON g.id = -n.needs
  WHERE n.needs IS NULL OR n.needs NOT IN (SELECT job FROM ended)
    AND (o.seq IS NOT NULL OR n.needs < coalesce((SELECT min(first) FROM batches), n.needs + 1)) ORDER BY j.seq`;
/** Also of those that are yet to come. */
const TO_BE_TOLD = `
  SELECT 1 FROM needs n WHERE n.job = ? AND (n.needs IN (SELECT job FROM ended)
    OR n.needs >= (SELECT min(first) FROM batches) AND NOT EXISTS (SELECT 1 FROM jobs WHERE seq = n.needs)) LIMIT 1`;
const BLOCKED_BY_NOTHING =
  "SELECT seq, name FROM jobs WHERE state = 'blocked' AND seq NOT IN (SELECT job FROM needy) LIMIT 20";

interface AllRow extends DependentRow {
  name: string | null;
  wanting: Wanting | null;
  decided: Decision | null;
  other: number | null;
  other_state: State;
  other_skipped_for: SkipReason | null;
}

/** Jobs that are not where their needs have them, a sentence each; those that are yet to be told something are left out. */
export function recountNeeds(db: Database): string[] {
  const lost = db.all<{ seq: number; name: string | null }>(BLOCKED_BY_NOTHING)
    .map((row) => `Job "${idOf(row)}" is blocked by nothing`);
  const jobs = new Map<number, NeedsOfJob>();
  for (const row of db.all<AllRow>(ALL)) {
    if (!jobs.has(row.seq)) jobs.set(row.seq, { id: idOf(row), job: toDependent(row), needs: [] });
    if (row.wanting === null) continue;
    const other = row.other === null
      ? undefined
      : { state: row.other_state, skippedFor: row.other_skipped_for };
    jobs.get(row.seq)!.needs.push({ wanting: row.wanting, decided: row.decided, other });
  }
  const told = [...jobs].filter(([seq]) => !db.get(TO_BE_TOLD, seq)).map(([, one]) => one);
  return [...lost, ...compareNeeds(told)];
}
