/**
 * @module
 * New needs: of new jobs, which are made to wait, and of jobs that are given other ones. What is stored of them is read and
 * kept by `needs.ts`.
 *
 * Invariants: a job that others need is locked and marked so before its state is looked at, in the same transaction; so
 * whatever ends it later leaves a row in `ended`. Whoever changes needs takes the lock on that, if at all, before it locks
 * jobs, all jobs at once, and groups after them: so none of them waits for each other in a circle.
 */
import { BadInput } from "../../domain/errors.ts";
import type { NewJob, State } from "../../domain/job.ts";
import { type NewNeed, type SkipReason, type Tally, tallyOf, type Wanting } from "../../domain/needs.ts";
import type { JobChanges } from "../contract.ts";
import { GROUP_STATE } from "../rules/groups.ts";
import { idOf, seqOf, waitingState } from "../rules/jobs.ts";
import { type Dependent, settleByNeeds } from "../rules/dependents.ts";
import {
  changedNeeds,
  checkNewNeed,
  type FoundNeed,
  foundNeeds,
  groupKey,
  groupsNeeded,
  idsNeeded,
  keysOf,
  type Needed,
  neededAmong,
  needOn,
  planNeeds,
  type ResolvedNeeds,
  waitsForItsGroup,
} from "../rules/needs.ts";
import { CountChanges } from "./counts.ts";
import type { Transaction } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";
import type { LockedJob } from "./locked_jobs.ts";
import { keeping, tallyColumns } from "./needs.ts";
import { HAS_AN_ID, idsValues, JOBS, STATE } from "./rows.ts";

const LOCK = `SELECT j.seq FROM queuectl.jobs j WHERE ${HAS_AN_ID} ORDER BY j.seq FOR UPDATE`;
const MARK = `UPDATE queuectl.jobs j SET needed = true WHERE ${HAS_AN_ID} AND NOT needed`;
const FIND =
  `SELECT j.seq, j.name, ${STATE} AS state, j.skipped_for AS "skippedFor" FROM ${JOBS} WHERE ${HAS_AN_ID}`;

/** Marks jobs as needed, and finds out how they are. Those that are not there are left out. */
async function need(tx: Transaction, ids: readonly string[]): Promise<Map<string, Needed>> {
  if (ids.length === 0) return new Map();
  const values = idsValues(ids);
  const results = await tx.several([LOCK, MARK, FIND].map((sql) => ({ sql, values })));
  return new Map((results.at(-1)!.rows as unknown as Needed[]).map((row) => [idOf(row), row]));
}

const ARE_THERE = "SELECT 1 FROM queuectl.groups WHERE name = ANY ($1::text[]) LIMIT 1";

/** Locks what new jobs need; to be called before they join groups. */
export async function lockNeeded(
  tx: Transaction,
  { needs, jobs }: Pick<NewNeeds, "needs" | "jobs">,
): Promise<void> {
  const joined = new Set([...jobs.values()].flatMap(({ group }) => group === null ? [] : [group]));
  if (joined.size > 0 && (await tx.all(ARE_THERE, [...joined])).length > 0) await tx.all(ONE_AT_A_TIME);
  const ids = idsNeeded(needs);
  if (ids.length > 0) await tx.all(LOCK, ...idsValues(ids));
}

const NEED_GROUP = "UPDATE queuectl.groups SET needed = true WHERE name = $1 AND NOT needed";
const GROUP =
  `SELECT -g.id AS seq, g.name, ${GROUP_STATE} AS state, NULL AS "skippedFor" FROM queuectl.groups g WHERE g.name = $1`;

/** Marks groups as needed, and finds out how they are, by their keys; in the order of their names, once jobs are locked. */
async function needGroups(tx: Transaction, names: readonly string[]): Promise<Map<string, Needed>> {
  const found = new Map<string, Needed>();
  for (const name of names) {
    const results = await tx.several([
      { sql: "SELECT queuectl.add_up_group_6($1)", values: [name] },
      { sql: NEED_GROUP, values: [name] },
      { sql: GROUP, values: [name] },
    ]);
    const [row] = results.at(-1)!.rows as unknown as Needed[];
    if (row) found.set(groupKey(name), row);
  }
  return found;
}

/** New jobs that need others. */
export interface NewNeeds {
  jobs: ReadonlyMap<number, NewJob>;
  needs: ResolvedNeeds;
  /** The numbers and names of all that are enqueued together. */
  seqs: readonly number[];
  names: readonly (string | null)[];
  now: number;
}

/** What makes jobs wait, and how that changes what is counted. */
export interface MadeToWait {
  statements: Statement[];
  changes: CountChanges;
}

/** Makes new jobs wait that were just stored, each `pending` or `scheduled`. */
export async function makeWait(
  tx: Transaction,
  { jobs, needs, seqs, names, now }: NewNeeds,
): Promise<MadeToWait> {
  const found = await need(tx, idsNeeded(needs));
  // nobody knows which ids these get before they are stored
  for (const [id, { seq, name }] of found) if (name === null && seqs.includes(seq)) found.delete(id);
  for (const [key, group] of await needGroups(tx, groupsNeeded(needs))) found.set(key, group);
  await checkCycles(tx, needs, { jobs, found });
  const changes = new CountChanges();
  const stored: NewNeedy[] = [];
  for (const [index, plan] of planNeeds(needs, { jobs, found, now })) {
    const { runAt, queue, held } = jobs.get(index)!;
    const { tally, state, skippedFor } = plan;
    changes.add({ queue, state: waitingState(runAt, now), held }, -1);
    changes.add({ queue, state, held }, 1);
    const rows = foundNeeds(plan, { seqs, names });
    stored.push({
      seq: seqs[index]!,
      tally,
      rows,
      state,
      skippedFor,
      finishedAt: skippedFor === null ? null : now,
    });
  }
  const neededHere = neededAmong(needs).map((index) => seqs[index]!);
  const waiting = stored.filter(({ state }) => state !== "pending").map(({ seq }) => seq);
  return {
    changes,
    statements: [
      ...inserts(stored),
      { sql: MARK_SEQS, values: [neededHere] },
      { sql: UNREADY, values: [waiting] },
      {
        sql: MAKE,
        values: [
          stored.map(({ seq }) => seq),
          stored.map(({ state }) => state),
          stored.map(({ skippedFor }) => skippedFor),
          stored.map(({ finishedAt }) => finishedAt),
        ],
      },
    ],
  };
}

const IS_NEEDED = "SELECT -id AS seq FROM queuectl.groups WHERE name = $1 AND needed";

/** A group that jobs join may be what those wait for that they need themselves. */
async function checkCycles(
  tx: Transaction,
  needs: ResolvedNeeds,
  { jobs, found }: { jobs: ReadonlyMap<number, NewJob>; found: ReadonlyMap<string, Needed> },
): Promise<void> {
  for (const [index, own] of needs) {
    const { group } = jobs.get(index)!;
    const [joined] = group === null ? [] : await tx.all<{ seq: number }>(IS_NEEDED, group);
    if (!joined) continue;
    await tx.all(ONE_AT_A_TIME);
    for (const on of keysOf(own)) {
      const other = found.get(on);
      if (!other || (await tx.all(REACHES, other.seq, joined.seq)).length === 0) continue;
      throw waitsForItsGroup(on, { group: group!, index });
    }
  }
}

/** A job that needs others, as it is to be stored. */
interface NewNeedy {
  seq: number;
  tally: Tally;
  rows: readonly FoundNeed[];
  state: State;
  skippedFor: SkipReason | null;
  finishedAt: number | null;
}

const MARK_SEQS = "UPDATE queuectl.jobs SET needed = true WHERE seq = ANY ($1::bigint[]) AND NOT needed";
const UNREADY = `
  DELETE FROM queuectl.ready r USING queuectl.jobs j
  WHERE j.seq = ANY ($1::bigint[]) AND r.queue = queuectl.place_13(j.queue, j.policy) AND r.priority = j.priority
    AND r.seq = j.seq`;
const MAKE = `
  UPDATE queuectl.jobs j SET state = m.state, skipped_for = m.skipped_for, finished_at = m.finished_at
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) AS m (seq, state, skipped_for, finished_at)
  WHERE j.seq = m.seq`;
const INSERT_NEEDY = `
  INSERT INTO queuectl.needy (job, "any", open, met, failed, called_off, unneeded)
  SELECT * FROM unnest($1::bigint[], $2::boolean[], $3::integer[], $4::integer[], $5::integer[], $6::integer[],
    $7::integer[])`;
const INSERT_NEEDS = `
  INSERT INTO queuectl.needs (job, needs, name, wanting, decided)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])`;

function inserts(stored: readonly Pick<NewNeedy, "seq" | "tally" | "rows">[]): Statement[] {
  const rows = stored.flatMap(({ seq, rows }) => rows.map((row) => ({ job: seq, ...row })));
  return [
    {
      sql: INSERT_NEEDY,
      values: [stored.map(({ seq }) => seq), ...tallyColumns(stored.map(({ tally }) => tally))],
    },
    {
      sql: INSERT_NEEDS,
      values: [
        rows.map(({ job }) => job),
        rows.map(({ needs }) => needs),
        rows.map(({ name }) => name),
        rows.map(({ wanting }) => wanting),
        rows.map(({ decided }) => decided),
      ],
    },
  ];
}

/** A job waits for what it needs, a group for those of its jobs that have not ended. */
const REACHES = `
  WITH RECURSIVE reached (seq) AS (
    SELECT $1::bigint UNION
    SELECT x.seq FROM reached r CROSS JOIN LATERAL (
      SELECT n.needs AS seq FROM queuectl.needs n JOIN queuectl.needy y ON y.job = n.job AND y.bound WHERE n.job = r.seq
      UNION ALL
      SELECT j.seq FROM queuectl.groups g JOIN queuectl.jobs j ON j.in_group = g.name
      WHERE g.id = -r.seq AND j.state NOT IN ('completed', 'dead', 'cancelled', 'skipped')) x)
  SELECT 1 FROM reached WHERE seq = $2::bigint LIMIT 1`;
/** Of those who change needs, one comes after the other: two of them could close a circle together. */
const ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(1363366988, 'queuectl.needs'::regclass::oid::integer)";

/** What a change makes of the needs of a job that is about to be locked: the jobs that it will need. */
export interface NewNeedsOf {
  any: boolean;
  needs: { on: NewNeed["on"]; wanting: Wanting; found: Needed | undefined }[];
}

const LOCK_RUNNING = `
  SELECT r.job FROM queuectl.running r WHERE r.job IN (SELECT j.seq FROM queuectl.jobs j WHERE ${HAS_AN_ID}) FOR UPDATE`;

/** Marks what a change makes a job need, and locks it with that; undefined when it leaves its needs alone. */
export async function beforeReplacing(
  tx: Transaction,
  id: string,
  changes: JobChanges,
): Promise<NewNeedsOf | undefined> {
  const changed = changedNeeds(changes);
  if (!changed) {
    if (changes.any !== undefined) throw new BadInput("Cannot change any without after: give both");
    return undefined;
  }
  const all = changed.needs.map(({ on }) => on);
  const ids = all.flatMap((on) => typeof on === "object" ? [] : [String(on)]);
  await tx.several([
    { sql: ONE_AT_A_TIME },
    { sql: LOCK_RUNNING, values: idsValues([id]) },
    { sql: LOCK, values: idsValues([...ids, id]) },
  ]);
  const found = await need(tx, ids);
  const names = all.flatMap((on) => typeof on === "object" ? [on.group] : []).sort();
  const groups = await needGroups(tx, names);
  const needs = changed.needs.map(({ on, wanting }) => {
    if (typeof on === "object") return { on, wanting, found: groups.get(groupKey(on.group)) };
    const seq = seqOf(String(on));
    return { on, wanting, found: found.get(seq === undefined ? String(on) : `j${seq}`) };
  });
  return { any: changed.any, needs };
}

/** Gives a locked job other needs, or none. */
export async function replaceNeeds(
  tx: Transaction,
  locked: LockedJob,
  { any, needs }: NewNeedsOf,
  now: number,
): Promise<Statement[]> {
  const { seq, started_at: startedAt, run_at } = locked.row;
  const id = idOf(locked.row);
  const started = startedAt !== null;
  if (started && needs.length > 0) {
    throw new BadInput(`Cannot make job "${id}" wait: it has been tried already`);
  }
  const rows: FoundNeed[] = [];
  for (const { on, wanting, found } of needs) {
    const reaches = found !== undefined && (await tx.all(REACHES, found.seq, seq)).length > 0;
    rows.push(needOn(checkNewNeed(found, { id, seq, on, reaches: () => reaches }), wanting));
  }
  const tally = tallyOf(rows.map(({ decided }) => decided), any);
  const job: Dependent = {
    state: locked.state,
    startedAt: null,
    runAt: run_at as number | null,
    skippedFor: null,
    bound: true,
    keyLost: false,
    tally,
  };
  if (!started) settleByNeeds(job, now);
  const isMoved = job.state !== locked.state;
  locked.state = job.state;
  return [
    { sql: "DELETE FROM queuectl.needs WHERE job = $1", values: [seq] },
    { sql: "DELETE FROM queuectl.needy WHERE job = $1", values: [seq] },
    ...(rows.length > 0 ? inserts([{ seq, tally, rows }]) : []),
    ...(isMoved ? keeping([], [{ seq, job, isMoved }], now) : []),
  ];
}
