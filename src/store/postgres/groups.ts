/**
 * @module
 * Groups: who joins one, sealing, looking, adding up, and calling off the rest of one that has failed too often. Whatever
 * ends a job of a group, or lets it run again, notes that by the schema's triggers (see `migrations/006.ts`).
 *
 * Invariants: among needs and in `ended`, a group stands by its number, negative. Who adds to a group holds it so that nobody
 * seals it meanwhile; who adds up, or seals, holds no job. A group has ended when that was added up.
 */
import { ENDED } from "../../domain/job.ts";
import type { Group, GroupPage, Joining } from "../contract.ts";
import {
  checkForgettable,
  checkJoin,
  compareGroups,
  type GroupRow,
  type JoinTally,
  type MemberCount,
  noSuchGroup,
  toGroup,
} from "../rules/groups.ts";
import { idOf } from "../rules/jobs.ts";
import { actOf } from "./acts.ts";
import type { Database, Transaction } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";
import { letGo, lockJobs } from "./locked_jobs.ts";
import { waitingFor } from "./needs.ts";
import { HAS_ID, idValues, JOBS, STATE } from "./rows.ts";

const MAKE = `
  INSERT INTO queuectl.groups (name, created_at, changed_at, max_failures, open)
  SELECT n.name, $1::bigint, $1::bigint, $2::integer, n.n FROM unnest($3::text[], $4::bigint[]) AS n (name, n) ORDER BY 1
  ON CONFLICT (name) DO NOTHING RETURNING name`;
const HOLD = `
  SELECT id, name, sealed, dead, max_failures FROM queuectl.groups WHERE name = ANY ($1::text[]) ORDER BY name FOR KEY SHARE`;
const LIMIT = `
  UPDATE queuectl.groups SET max_failures = $2::integer WHERE name = ANY ($1::text[]) AND max_failures IS DISTINCT FROM $2`;
const ADD = `
  INSERT INTO queuectl.group_changes (in_group, at, open, completed, dead, cancelled, skipped_failed, skipped_called_off,
    skipped_unneeded)
  SELECT n.name, 0, n.n, 0, 0, 0, 0, 0, 0 FROM unnest($1::text[], $2::integer[]) AS n (name, n)`;
const SEAL = `
  UPDATE queuectl.groups SET sealed = true, changed_at = greatest(changed_at, $2::bigint)
  WHERE name = ANY ($1::text[]) AND NOT sealed`;

/** Counts new jobs in their groups, which are made where they are not there. Returns those that were made. */
export async function join(
  tx: Transaction,
  tally: JoinTally,
  { joining = {}, now }: { joining?: Joining; now: number },
): Promise<string[]> {
  const all = tally.all();
  if (all.length === 0) return [];
  const { maxFailures = null } = joining;
  const made = new Set(
    (await tx.all<{ name: string }>(MAKE, now, maxFailures, all.map(([name]) => name), all.map(([, n]) => n)))
      .map(({ name }) => name),
  );
  const others = all.filter(([name]) => !made.has(name));
  if (others.length === 0) return [...made];
  const names = others.map(([name]) => name);
  if (maxFailures !== null) await tx.all(LIMIT, names, maxFailures);
  const own = await ownGroup(tx, joining);
  for (const row of await tx.all<Parameters<typeof checkJoin>[0]>(HOLD, names)) {
    checkJoin(row, joining, row.name === own);
  }
  await tx.all(ADD, names, others.map(([, n]) => n));
  return [...made];
}

const OWN = `SELECT j.in_group AS own FROM ${JOBS} WHERE ${HAS_ID} AND ${STATE} <> ALL ($3::text[])`;

/** The group of the job that enqueues, while that has not ended. */
async function ownGroup(tx: Transaction, { by }: Joining): Promise<string | undefined> {
  if (by === undefined) return undefined;
  const [row] = await tx.all<{ own: string | null }>(OWN, ...idValues(by), ENDED);
  return row?.own ?? undefined;
}

/** Seals groups that were made in this transaction, where that is wanted; once their jobs are where they belong. */
export function sealing(
  names: readonly string[],
  { joining, now }: { joining?: Joining; now: number },
): Statement[] {
  return joining?.seal && names.length > 0 ? [{ sql: SEAL, values: [names, now] }] : [];
}

/** Seals a group. @throws {NoSuch} when there is none */
export async function seal(db: Database, name: string, now: number): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.all("SELECT id FROM queuectl.groups WHERE name = $1 FOR UPDATE", name);
    if (!row) throw noSuchGroup("seal", name);
    await tx.all(ADD_UP, name);
    await tx.all(SEAL, [name], now);
  });
}

const ADD_UP = "SELECT queuectl.add_up_group_6($1)";

/** With what is yet to be added up, and how many jobs run. */
const GROUPS = (which: string) => `
  SELECT g.id, g.name, g.created_at, greatest(g.changed_at, c.at) AS changed_at, g.sealed, g.max_failures,
    ${
  ["open", "completed", "dead", "cancelled", "skipped_failed", "skipped_called_off", "skipped_unneeded"]
    .map((column) => `g.${column} + coalesce(c.${column}, 0) AS ${column}`).join(", ")
},
    (SELECT count(*) FROM queuectl.running r JOIN queuectl.jobs j ON j.seq = r.job WHERE j.in_group = g.name) AS running
  FROM queuectl.groups g CROSS JOIN LATERAL (
    SELECT max(at) AS at, sum(open)::bigint AS open, sum(completed)::bigint AS completed, sum(dead)::bigint AS dead,
      sum(cancelled)::bigint AS cancelled, sum(skipped_failed)::bigint AS skipped_failed,
      sum(skipped_called_off)::bigint AS skipped_called_off, sum(skipped_unneeded)::bigint AS skipped_unneeded
    FROM queuectl.group_changes c WHERE c.in_group = g.name) c
  ${which}`;

/** Groups, the newest first. */
export async function groups(db: Database, page?: GroupPage): Promise<Group[]> {
  const before = page?.after === undefined
    ? undefined
    : await db.get<{ id: number }>("SELECT id FROM queuectl.groups WHERE name = $1", page.after);
  const those = page?.open ? "NOT g.ended AND" : "";
  const sql = GROUPS(`WHERE ${those} ($1::bigint IS NULL OR g.id < $1) ORDER BY g.id DESC LIMIT $2::bigint`);
  return (await db.read<GroupRow & { running: number }>(sql, before?.id ?? null, page?.limit ?? null))
    .map((row) => toGroup(row, row.running));
}

const COUNT_OPEN =
  "SELECT count(*) AS n FROM (SELECT 1 FROM queuectl.groups WHERE NOT ended LIMIT $1::bigint) g";

/** How many have not ended, counted to at most `limit`. */
export async function openGroups(db: Database, limit: number): Promise<number> {
  return (await db.get<{ n: number }>(COUNT_OPEN, limit))!.n;
}

/** A group, or undefined. */
export async function group(db: Database, name: string): Promise<Group | undefined> {
  const row = await db.get<GroupRow & { running: number }>(GROUPS("WHERE g.name = $1"), name);
  return row && toGroup(row, row.running);
}

/** Forgets a group. @throws {NoSuch | Refused} when there is none, it has jobs, or some wait for it */
export async function deleteGroup(db: Database, name: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.all<{ id: number }>(
      "SELECT id FROM queuectl.groups WHERE name = $1 FOR UPDATE",
      name,
    );
    if (!row) throw noSuchGroup("delete", name);
    const [{ n } = { n: 0 }] = await tx.all<{ n: number }>(
      "SELECT count(*) AS n FROM queuectl.jobs WHERE in_group = $1",
      name,
    );
    const waiting = await waitingFor(tx, [-row.id]);
    checkForgettable(name, n, waiting && idOf(waiting));
    await tx.all("DELETE FROM queuectl.groups WHERE id = $1", row.id);
  });
}

const STOPPING = "SELECT name FROM queuectl.groups WHERE stopping ORDER BY id LIMIT 1";

/** Adds up what was noted, some of it. Returns a group that has failed too often, and of which some may wait. */
export async function addUpGroups(db: Database): Promise<string | undefined> {
  const [, stopping] = await db.write([{ sql: "SELECT queuectl.add_up_groups_6()" }, { sql: STOPPING }]);
  return (stopping!.rows[0] as { name: string } | undefined)?.name;
}

/** Jobs that are called off in one transaction. */
const AT_ONCE = 200;
const WAITING = `
  SELECT j.seq FROM ${JOBS}
  WHERE j.in_group = $1 AND j.state IN ('blocked', 'pending', 'scheduled', 'failed') AND r.job IS NULL
  ORDER BY j.seq LIMIT ${AT_ONCE}`;

/** Calls off some of what waits in a group that has failed too often. Returns how many jobs. */
export async function stopSome(db: Database, group: string, now: number): Promise<number> {
  return await db.transaction(async (tx) => {
    const seqs = (await tx.all<{ seq: number }>(WAITING, group)).map(({ seq }) => seq);
    if (seqs.length === 0) {
      await tx.all("UPDATE queuectl.groups SET stopping = false WHERE name = $1", group);
      return 0;
    }
    const { act, store } = actOf("cancel", { now });
    const locked = await lockJobs(tx, "j.seq = ANY ($1::bigint[])", seqs);
    const jobs = locked.filter(({ state }) => state !== "processing" && !ENDED.includes(state));
    for (const job of jobs) act(job);
    await tx.commit([...store(jobs), ...letGo(locked)]);
    return jobs.length;
  });
}

const PRUNABLE = `
  SELECT g.id FROM queuectl.groups g
  WHERE g.sealed AND g.open = 0 AND g.changed_at < $1
    AND NOT EXISTS (SELECT 1 FROM queuectl.jobs j WHERE j.in_group = g.name)
    AND NOT EXISTS (SELECT 1 FROM queuectl.group_changes c WHERE c.in_group = g.name)
    AND NOT EXISTS (SELECT 1 FROM queuectl.ended e WHERE e.job = -g.id)
    AND NOT EXISTS (SELECT 1 FROM queuectl.needs n WHERE n.needs = -g.id AND n.decided IS NULL)
  LIMIT 200`;

/** Forgets groups that ended before a time, whose jobs are gone and have been told of that. */
export async function pruneGroups(db: Database, before: number): Promise<void> {
  if ((await db.read(PRUNABLE, before)).length === 0) return;
  await db.transaction(async (tx) => {
    // who adds to one of them holds it, and what they add is seen by the second look
    await tx.all(`SELECT 1 FROM queuectl.groups WHERE id IN (${PRUNABLE}) ORDER BY name FOR UPDATE`, before);
    await tx.all(`DELETE FROM queuectl.groups WHERE id IN (${PRUNABLE})`, before);
  });
}

/** Groups against their jobs, a sentence each, as of one moment. */
export async function recountGroups(db: Database): Promise<string[]> {
  const rows = await db.read<{ groups: GroupRow[] | null; members: MemberCount[] | null }>(`
    SELECT (SELECT json_agg(to_json(g)) FROM (${GROUPS("")}) g) AS groups,
      (SELECT json_agg(to_json(m)) FROM (
        SELECT in_group AS name, state, skipped_for, count(*) AS n FROM queuectl.jobs
        WHERE in_group IS NOT NULL GROUP BY 1, 2, 3) m) AS members`);
  return compareGroups(rows[0]?.groups ?? [], rows[0]?.members ?? []);
}
