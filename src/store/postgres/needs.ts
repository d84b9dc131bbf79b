/**
 * @module
 * What jobs need, as it is stored: looking at it, and keeping what becomes of it and of the jobs. Where it comes from is in
 * `new_needs.ts`; telling jobs how others ended, in `telling.ts`.
 */
import type { State } from "../../domain/job.ts";
import { endOf } from "../../domain/ends.ts";
import type { SkipReason, Tally, Wanting } from "../../domain/needs.ts";
import { decideAnew, type Dependent, isLive, settleByNeeds } from "../rules/dependents.ts";
import type { FoundNeed } from "../rules/needs.ts";
import type { Transaction } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";
import type { LockedJob } from "./locked_jobs.ts";
import { groupStates } from "./group_states.ts";
import { STATE } from "./rows.ts";

/** Tallies by the columns of `needy`, from `any` on. */
export function tallyColumns(all: readonly Tally[]): (boolean[] | number[])[] {
  return [
    all.map(({ any }) => any),
    ...(["open", "met", "failed", "called_off", "unneeded"] as const).map((column) =>
      all.map((tally) => tally[column])
    ),
  ];
}

/** A row of `needy`, and whether others need the job. */
export interface NeedyRow {
  job: number;
  any: boolean;
  bound: boolean;
  open: number;
  met: number;
  failed: number;
  called_off: number;
  unneeded: number;
  needed: boolean;
}

export const NEEDY = `
  SELECT y.job, y."any", y.bound, y.open, y.met, y.failed, y.called_off, y.unneeded, j.needed
  FROM queuectl.needy y JOIN queuectl.jobs j ON j.seq = y.job WHERE y.job = ANY ($1::bigint[])`;

/** A job that needs others, from its rows. */
export function toDependent(
  { row, state }: Pick<LockedJob, "row" | "state">,
  { any, bound, open, met, failed, called_off, unneeded }: NeedyRow,
): Dependent {
  return {
    state,
    startedAt: row.started_at,
    runAt: row.run_at as number | null,
    skippedFor: row.skipped_for,
    bound,
    tally: { any, open, met, failed, called_off, unneeded },
  };
}

/** A need with the job that it is on. */
interface NeedRow {
  job: number;
  needs: number;
  wanting: Wanting;
  decided: FoundNeed["decided"];
  there: boolean;
  state: State;
  skippedFor: SkipReason | null;
}

const NEEDS_OF = `
  WITH g AS MATERIALIZED (${
  groupStates("SELECT -n.needs FROM queuectl.needs n WHERE n.job = ANY ($1::bigint[]) AND n.needs < 0")
})
  SELECT n.job, n.needs, n.wanting, n.decided, j.seq IS NOT NULL OR g.id IS NOT NULL AS there,
    coalesce(${STATE}, g.state) AS state, j.skipped_for AS "skippedFor"
  FROM queuectl.needs n LEFT JOIN queuectl.jobs j ON j.seq = n.needs LEFT JOIN queuectl.running r ON r.job = j.seq
  LEFT JOIN g ON g.id = -n.needs
  WHERE n.job = ANY ($1::bigint[])`;

/** All needs of some jobs, decided anew. */
export async function lookAnew(tx: Transaction, seqs: readonly number[]): Promise<Map<number, FoundNeed[]>> {
  const found = new Map<number, FoundNeed[]>(seqs.map((seq) => [seq, []]));
  if (seqs.length === 0) return found;
  for (const { job, needs, wanting, decided, there, ...other } of await tx.all<NeedRow>(NEEDS_OF, seqs)) {
    const anew = decideAnew({ wanting, decided, end: there ? endOf(other) : undefined, gone: !there });
    found.get(job)!.push({ needs, name: null, wanting, decided: anew });
  }
  return found;
}

const DECIDE = `
  UPDATE queuectl.needs n SET decided = d.decided
  FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS d (job, needs, decided)
  WHERE n.job = d.job AND n.needs = d.needs`;
const KEEP_TALLY = `
  UPDATE queuectl.needy y SET bound = t.bound, "any" = t.a, open = t.open, met = t.met, failed = t.failed,
    called_off = t.called_off, unneeded = t.unneeded
  FROM unnest($1::bigint[], $2::boolean[], $3::boolean[], $4::integer[], $5::integer[], $6::integer[], $7::integer[],
    $8::integer[]) AS t (job, bound, a, open, met, failed, called_off, unneeded)
  WHERE y.job = t.job`;
const MOVE = `
  UPDATE queuectl.jobs j SET state = m.state, run_at = m.run_at, skipped_for = m.skipped_for, finished_at = m.finished_at
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bigint[])
    AS m (seq, state, run_at, skipped_for, finished_at)
  WHERE j.seq = m.seq`;

/** A job whose needs have made something of it. */
export interface Moved {
  seq: number;
  job: Dependent;
  /** Its state or the reason for which it is skipped is another one. */
  isMoved: boolean;
}

/** Stores what has become of needs and of jobs by them. */
export function keeping(
  decisions: readonly { job: number; needs: number; decided: FoundNeed["decided"] }[],
  all: readonly Moved[],
  now: number,
): Statement[] {
  const moved = all.filter(({ isMoved }) => isMoved);
  return [
    {
      sql: DECIDE,
      values: [
        decisions.map(({ job }) => job),
        decisions.map(({ needs }) => needs),
        decisions.map(({ decided }) => decided),
      ],
    },
    {
      sql: KEEP_TALLY,
      values: [
        all.map(({ seq }) => seq),
        all.map(({ job }) => job.bound),
        ...tallyColumns(all.map(({ job }) => job.tally)),
      ],
    },
    {
      sql: MOVE,
      values: [
        moved.map(({ seq }) => seq),
        moved.map(({ job }) => job.state),
        moved.map(({ job }) => job.runAt),
        moved.map(({ job }) => job.skippedFor),
        moved.map(({ job }) => job.state === "skipped" ? now : null),
      ],
    },
  ];
}

/** Lets jobs that were called off before they started go where their needs have them. Returns those of them. */
export async function revive(
  tx: Transaction,
  jobs: readonly LockedJob[],
  now: number,
): Promise<{ revived: Set<LockedJob>; statements: Statement[] }> {
  const cancelled = jobs.filter(({ state }) => state === "cancelled");
  const revived = new Set<LockedJob>();
  if (cancelled.length === 0) return { revived, statements: [] };
  const rows = await tx.all<NeedyRow>(NEEDY, cancelled.map(({ row }) => row.seq));
  const needy = new Map(rows.map((row) => [row.job, row]));
  const moved: Moved[] = [];
  for (const locked of cancelled) {
    const row = needy.get(locked.row.seq);
    const job = row && toDependent(locked, row);
    if (!job || !isLive(job)) continue;
    Object.assign(job, { state: "blocked", skippedFor: null });
    settleByNeeds(job, now);
    locked.state = job.state;
    revived.add(locked);
    moved.push({ seq: locked.row.seq, job, isMoved: true });
  }
  return { revived, statements: keeping([], moved, now) };
}

const TELL_ALL = `
  INSERT INTO queuectl.ended (job, again) SELECT seq, true FROM queuectl.jobs WHERE seq = ANY ($1::bigint[]) AND needed`;

const TELL_ALL_OF_GROUPS = `
  INSERT INTO queuectl.ended (job, again) SELECT DISTINCT -g.id, true
  FROM queuectl.jobs j JOIN queuectl.groups g ON g.name = j.in_group WHERE j.seq = ANY ($1::bigint[]) AND g.needed`;

/** Has those that need the groups of some jobs run again with these. */
export function tellingGroupsAgain(seqs: readonly number[]): Statement {
  return { sql: TELL_ALL_OF_GROUPS, values: [seqs] };
}

/** Has those that need some jobs run again with them. */
export function tellingAgain(seqs: readonly number[]): Statement {
  return { sql: TELL_ALL, values: [seqs] };
}

const WAITING_FOR = `
  SELECT n.needs, n.job AS seq, j.name FROM queuectl.needs n JOIN queuectl.needy y ON y.job = n.job AND y.bound
  JOIN queuectl.jobs j ON j.seq = n.job
  WHERE n.needs = ANY ($1::bigint[]) AND n.decided IS NULL AND j.state = 'blocked' AND n.job <> ALL ($1::bigint[])
  ORDER BY n.needs, n.job LIMIT 1`;

/** The first of those that wait for some jobs, and that is none of them. */
export async function waitingFor(
  tx: Transaction,
  seqs: readonly number[],
): Promise<{ needs: number; seq: number; name: string | null } | undefined> {
  return (await tx.all<{ needs: number; seq: number; name: string | null }>(WAITING_FOR, seqs))[0];
}
