/**
 * @module
 * Groups: who joins one, sealing, looking, and calling off the rest of one that has failed too often. Whatever ends a job of
 * a group, or lets it run again, counts by the schema's triggers; only who inserts jobs counts here, by `join`.
 *
 * Invariant: among needs and in `ended`, a group stands by its number, negative.
 */
import { END_STATES, ENDED, type State } from "../../domain/job.ts";
import { SKIP_REASONS } from "../../domain/needs.ts";
import type { Group, GroupPage, Joining } from "../contract.ts";
import {
  checkForgettable,
  checkJoin,
  compareGroups,
  type GroupRow,
  type JoinTally,
  mayBeNeeded,
  type MemberCount,
  noSuchGroup,
  toGroup,
} from "../rules/groups.ts";
import { idOf } from "../rules/jobs.ts";
import type { Database } from "./engine/database.ts";
import { turn } from "./engine/turns.ts";
import { cancelOne } from "./manage.ts";
import { waitingFor } from "./needs.ts";
import { findRow } from "./rows.ts";
import { GIVEN, mayBecome, sqlList } from "./words.ts";

const FIND = "SELECT * FROM groups WHERE name = ?";
const MAKE = `
  INSERT INTO groups (name, created_at, changed_at, open, max_failures) VALUES (?, ?, ?, ?, ?)`;
const ADD = "UPDATE groups SET open = open + ?, max_failures = coalesce(?, max_failures) WHERE id = ?";
const SEAL = "UPDATE groups SET sealed = 1, changed_at = max(changed_at, ?) WHERE name = ? AND sealed = 0";

/**
 * Counts new jobs in their groups, which are made where they are not there. To be called in the transaction that enqueues
 * them, before anybody looks at the groups. Returns the groups that were made.
 */
export function join(
  db: Database,
  tally: JoinTally,
  { joining = {}, now }: { joining?: Joining; now: number },
): string[] {
  return tally.all().filter(([name, n]) => {
    const row = db.get<GroupRow>(FIND, name);
    if (!row) {
      db.run(MAKE, name, now, now, n, joining.maxFailures ?? null);
      return true;
    }
    const max_failures = joining.maxFailures ?? row.max_failures;
    checkJoin({ ...row, max_failures }, joining, isMember(db, name, joining));
    db.run(ADD, n, joining.maxFailures ?? null, row.id);
    return false;
  }).map(([name]) => name);
}

function isMember(db: Database, name: string, { by }: Joining): boolean {
  const job = by === undefined ? undefined : findRow(db, by);
  return job !== undefined && job.in_group === name && !ENDED.includes(job.state);
}

/** Seals groups, which may be done already. */
export function seal(db: Database, names: readonly string[], now: number): void {
  for (const name of names) db.run(SEAL, now, name);
}

/** Seals a group. @throws {NoSuch} when there is none */
export function sealOne(db: Database, name: string, now: number): void {
  if (!db.get(FIND, name)) throw noSuchGroup("seal", name);
  seal(db, [name], now);
}

const OPEN = "(sealed = 0 OR open > 0)";
const PAGE = `SELECT * FROM groups WHERE id < ? ORDER BY id DESC LIMIT ${GIVEN}`;
const OPEN_PAGE = `
  SELECT * FROM groups INDEXED BY groups_open WHERE id < ? AND ${OPEN} ORDER BY id DESC LIMIT ${GIVEN}`;
const COUNT_OPEN = `
  SELECT count(*) AS n FROM (SELECT 1 FROM groups INDEXED BY groups_open WHERE ${OPEN} LIMIT ${GIVEN})`;
/** From what runs to its groups: the other way round, every job of every group would be looked at. */
const RUNNING = `
  SELECT j.in_group AS name, count(*) AS n FROM attempts a INDEXED BY running CROSS JOIN jobs j ON j.seq = a.job
  WHERE a.finished_at IS NULL AND j.in_group IS NOT NULL GROUP BY 1`;

/** Groups, the newest first. */
export function groups(db: Database, page?: GroupPage): Group[] {
  const after = page?.after === undefined ? undefined : db.get<GroupRow>(FIND, page.after);
  const before = after?.id ?? Number.MAX_SAFE_INTEGER;
  return toGroups(db, db.all<GroupRow>(page?.open ? OPEN_PAGE : PAGE, before, page?.limit ?? -1));
}

/** How many have not ended, counted to at most `limit`. */
export function openGroups(db: Database, limit: number): number {
  return db.get<{ n: number }>(COUNT_OPEN, limit)!.n;
}

/** A group, or undefined. */
export function group(db: Database, name: string): Group | undefined {
  return toGroups(db, db.all<GroupRow>(FIND, name))[0];
}

function toGroups(db: Database, rows: readonly GroupRow[]): Group[] {
  if (rows.length === 0) return [];
  const running = new Map(db.all<{ name: string; n: number }>(RUNNING).map(({ name, n }) => [name, n]));
  return rows.map((row) => toGroup(row, running.get(row.name) ?? 0));
}

/** Forgets a group. @throws {NoSuch | Refused} when there is none, it has jobs, or some wait for it */
export function deleteGroup(db: Database, name: string): void {
  const row = db.get<GroupRow>(FIND, name);
  if (!row) throw noSuchGroup("delete", name);
  const { n } = db.get<{ n: number }>("SELECT count(*) AS n FROM jobs WHERE in_group = ?", name)!;
  if (db.get("SELECT 1 FROM batches WHERE first IS NOT NULL LIMIT 1")) throw mayBeNeeded(name);
  const first = waitingFor(db, -row.id, new Set());
  checkForgettable(name, n + Math.max(0, row.open - n), first && idOf({ ...first, seq: first.job }));
  db.run("DELETE FROM groups WHERE id = ?", row.id);
}

const STOPPING = "SELECT id, name FROM groups WHERE stopping = 1 ORDER BY id LIMIT 1";
const WAITING = `
  SELECT seq, state FROM jobs INDEXED BY by_group
  WHERE in_group = ? AND seq > ? AND ${
  mayBecome("cancelled")
} AND state <> 'processing' ORDER BY seq LIMIT 100`;

/** Whether the waiting rest of a group is to be called off. */
export function isAnyStopping(db: Database): boolean {
  return db.get(STOPPING) !== undefined;
}

/** Others wait meanwhile. */
const STOP_MS = 25;

/** Calls off what waits in groups that have failed too often, as far as there is time. Returns how many jobs. */
export function stopSome(db: Database, now: number): number {
  const hasTime = turn({ limitMs: STOP_MS, least: 20 });
  let done = 0;
  for (let group = next(db); group && hasTime(); group = next(db)) {
    let some: { seq: number; state: State }[];
    let after = 0;
    do {
      some = db.all(WAITING, group.name, after);
      for (const job of some) {
        if (!hasTime()) return done;
        cancelOne(db, job, now);
        done += 1;
        after = job.seq;
      }
    } while (some.length > 0);
    db.run("UPDATE groups SET stopping = 0 WHERE id = ?", group.id);
  }
  return done;
}

function next(db: Database): { id: number; name: string } | undefined {
  return db.get<{ id: number; name: string }>(STOPPING);
}

const PRUNABLE = `
  SELECT g.id FROM groups g
  WHERE g.sealed = 1 AND g.open = 0 AND g.changed_at < ?
    AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.in_group = g.name)
    AND NOT EXISTS (SELECT 1 FROM ended e WHERE e.job = -g.id)
    AND NOT EXISTS (SELECT 1 FROM batches) -- of which a job may need it
    AND NOT EXISTS (SELECT 1 FROM needs n WHERE n.needs = -g.id AND n.decided IS NULL)
  LIMIT 200`;

/** Forgets groups that ended before a time, whose jobs are gone and those told that needed it. */
export async function pruneGroups(db: Database, before: number): Promise<void> {
  const find = (db: Database) => db.all<{ id: number }>(PRUNABLE, before);
  if ((await db.read(find)).length === 0) return;
  await db.write((db) => {
    for (const { id } of find(db)) db.run("DELETE FROM groups WHERE id = ?", id);
  });
}

/** Groups against their jobs, a sentence each; nothing while jobs are staged, which are counted already. */
export function recountGroups(db: Database): string[] {
  if (db.get("SELECT 1 FROM batches LIMIT 1")) return [];
  const members = db.all<MemberCount>(`
    SELECT in_group AS name, state, skipped_for, count(*) AS n FROM jobs WHERE in_group IS NOT NULL GROUP BY 1, 2, 3`);
  return compareGroups(db.all<GroupRow>("SELECT * FROM groups"), members);
}

const E = sqlList(ENDED);
const MAKE_MISSING = `
  INSERT INTO groups (name, created_at, changed_at, sealed, open)
    SELECT in_group, min(created_at), max(created_at), 1, 0 FROM jobs
    WHERE in_group IS NOT NULL AND in_group NOT IN (SELECT name FROM groups) GROUP BY 1`;

/** The counters of jobs that have ended, and which jobs each counts. */
const ENDED_COUNTERS = [
  ...END_STATES.filter((state) => state !== "skipped").map((state) => [state, `state = '${state}'`] as const),
  ...SKIP_REASONS.map((reason) => [`skipped_${reason}`, `skipped_for = '${reason}'`] as const),
];
const counters = (sql: (counter: string, counts: string) => string) =>
  ENDED_COUNTERS.map(([counter, counts]) => sql(counter, counts));
const COUNT_ANEW = `
  UPDATE groups SET open = there.open, ${counters((c) => `${c} = max(groups.${c}, there.${c})`).join(", ")}
  FROM (
    SELECT g.id, count(j.seq) FILTER (WHERE state NOT IN ${E}) AS open,
      ${counters((c, counts) => `count(*) FILTER (WHERE ${counts}) AS ${c}`).join(", ")}
    FROM groups g LEFT JOIN jobs j ON j.in_group = g.name GROUP BY g.id) there
  WHERE there.id = groups.id
    AND (groups.open <> there.open OR ${counters((c) => `groups.${c} < there.${c}`).join(" OR ")})`;

/** Where jobs were lost, groups are counted again, and made where they were lost, too. */
export function countGroupsAnew(db: Database): void {
  if (db.get("SELECT 1 FROM batches LIMIT 1")) return;
  db.run(MAKE_MISSING);
  db.run(COUNT_ANEW);
}
