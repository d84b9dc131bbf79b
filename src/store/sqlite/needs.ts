/**
 * @module
 * What jobs need, as it is stored: for new jobs, changed ones, and such as run again. Telling jobs how others ended is in
 * `working_off.ts`.
 *
 * Invariant: a job that others need is marked so before its state is looked at, in the same transaction; so whatever ends
 * it later leaves a row in `ended`.
 */
import { BadInput } from "../../domain/errors.ts";
import { ENDED, type NewJob, type State } from "../../domain/job.ts";
import { endOf } from "../../domain/ends.ts";
import { type SkipReason, type Tally, tallyOf } from "../../domain/needs.ts";
import type { JobChanges } from "../contract.ts";
import { GROUP_STATE } from "../rules/groups.ts";
import { seqOf } from "../rules/jobs.ts";
import { decideAnew, type Dependent, isLive, settleByNeeds } from "../rules/dependents.ts";
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
  type Planned,
  planNeeds,
  type ResolvedNeeds,
  waitsForItsGroup,
} from "../rules/needs.ts";
import type { Database } from "./engine/database.ts";
import { mayBecome, sqlList, THESE } from "./words.ts";

const INSERT_NEEDY = `
  INSERT INTO needy (job, any, open, met, failed, called_off, unneeded) VALUES (?, ?, ?, ?, ?, ?, ?)`;
const INSERT_NEED = "INSERT INTO needs (job, needs, name, wanting, decided) VALUES (?, ?, ?, ?, ?)";
const NEED_BY_SEQ = `
  UPDATE jobs SET needed = 1 WHERE seq = ? RETURNING seq, name, state, skipped_for`;
const NEED_BY_NAME = `
  UPDATE jobs SET needed = 1 WHERE name = ? RETURNING seq, name, state, skipped_for`;

interface NeededRow {
  seq: number;
  name: string | null;
  state: State;
  skipped_for: SkipReason | null;
}

/** Marks a job as needed. */
export function need(db: Database, id: string): Needed | undefined {
  const seq = seqOf(id);
  if (seq === undefined) return toNeeded(db.get<NeededRow>(NEED_BY_NAME, id));
  const row = db.get<NeededRow>(NEED_BY_SEQ, seq);
  return row?.name === null ? toNeeded(row) : undefined;
}

const NEED_GROUP = "UPDATE groups SET needed = 1 WHERE name = ?";
const GROUP = `SELECT -g.id AS seq, g.name, ${GROUP_STATE} AS state FROM groups g WHERE g.name = ?`;

/** Marks a group as needed. */
export function needGroup(db: Database, name: string): Needed | undefined {
  db.run(NEED_GROUP, name);
  const row = db.get<{ seq: number; name: string; state: State }>(GROUP, name);
  return row && { ...row, skippedFor: null };
}

function toNeeded(row: NeededRow | undefined): Needed | undefined {
  return row && { ...row, skippedFor: row.skipped_for };
}

/** New jobs that need others: what becomes of each, by its position, and how to store what they need. */
export interface Waiters {
  planned: ReadonlyMap<number, Planned>;
  /** Once they are stored and counted, skipped ones as blocked. */
  store(db: Database, of: { seqs: readonly number[]; names: readonly (string | null)[] }): void;
}

/** Finds out what becomes of new jobs that need others; in the transaction that stores them, before that. */
export function planWaiters(
  db: Database,
  needs: ResolvedNeeds,
  { jobs, now }: { jobs: ReadonlyMap<number, NewJob>; now: number },
): Waiters {
  const found = new Map<string, Needed>();
  for (const id of idsNeeded(needs)) {
    const job = need(db, id);
    if (job) found.set(id, job);
  }
  for (const name of groupsNeeded(needs)) {
    const group = needGroup(db, name);
    if (group) found.set(groupKey(name), group);
  }
  checkCycles(db, needs, { groupOf: (index) => jobs.get(index)!.group, seqOf: (key) => found.get(key)?.seq });
  const planned = planNeeds(needs, { jobs, found, now });
  return {
    planned,
    store(db, of) {
      for (const index of neededAmong(needs)) db.run(MARK, of.seqs[index]!);
      for (const [index, plan] of planned) {
        const seq = of.seqs[index]!;
        insertNeeds(db, { seq, tally: plan.tally, rows: foundNeeds(plan, of) });
        if (plan.state === "skipped") db.run(MAKE, plan.state, plan.skippedFor, now, seq);
      }
    },
  };
}

const IS_NEEDED = "SELECT -id AS seq FROM groups WHERE name = ? AND needed = 1";

/**
 * A group that jobs join may be what those wait for that they need themselves.
 * @throws {BadNeed} then
 */
export function checkCycles(
  db: Database,
  needs: ResolvedNeeds,
  { groupOf, seqOf }: {
    groupOf: (index: number) => string | null;
    seqOf: (key: string) => number | undefined;
  },
): void {
  const checked = new Set<string>();
  for (const [index, own] of needs) {
    const group = groupOf(index);
    const joined = group === null ? undefined : db.get<{ seq: number }>(IS_NEEDED, group);
    for (const on of joined ? keysOf(own) : []) {
      if (checked.has(`${group} ${on}`)) continue;
      checked.add(`${group} ${on}`);
      const seq = seqOf(on);
      if (seq !== undefined && db.get(REACHES, seq, joined!.seq)) {
        throw waitsForItsGroup(on, { group: group!, index });
      }
    }
  }
}

const MARK = "UPDATE jobs SET needed = 1 WHERE seq = ?";
const MAKE = "UPDATE jobs SET state = ?, skipped_for = ?, finished_at = ? WHERE seq = ?";

function insertNeeds(
  db: Database,
  { seq, tally, rows }: { seq: number; tally: Tally; rows: readonly FoundNeed[] },
): void {
  const { any, open, met, failed, called_off, unneeded } = tally;
  db.run(INSERT_NEEDY, seq, any ? 1 : 0, open, met, failed, called_off, unneeded);
  for (const { needs, name, wanting, decided } of rows) {
    db.run(INSERT_NEED, seq, needs, name, wanting, decided);
  }
}

/** The row of a job that needs others, with what is counted of its needs. */
export interface DependentRow {
  seq: number;
  state: State;
  started_at: number | null;
  run_at: number | null;
  skipped_for: SkipReason | null;
  any: number;
  bound: number;
  open: number;
  met: number;
  failed: number;
  called_off: number;
  unneeded: number;
  unique_key: string | null;
  key_lost: number;
}

/** What of `jobs j` and `needy y` makes a `DependentRow`. */
export const DEPENDENT = `
  j.seq, j.state, j.started_at, j.run_at, j.skipped_for, y.any, y.bound, y.open, y.met, y.failed, y.called_off, y.unneeded,
  j.unique_key, j.key_lost`;

export function toDependent(row: DependentRow): Dependent {
  const { open, met, failed, called_off, unneeded } = row;
  return {
    state: row.state,
    startedAt: row.started_at,
    runAt: row.run_at,
    skippedFor: row.skipped_for,
    bound: row.bound === 1,
    keyLost: row.key_lost === 1,
    tally: { any: row.any === 1, open, met, failed, called_off, unneeded },
  };
}

const FIND_DEPENDENT = `SELECT ${DEPENDENT} FROM needy y JOIN jobs j ON j.seq = y.job WHERE y.job = ?`;
const KEEP_TALLY = `
  UPDATE needy SET any = ?, bound = ?, open = ?, met = ?, failed = ?, called_off = ?, unneeded = ? WHERE job = ?`;
const MOVE = (to: State) => `
  UPDATE jobs SET state = '${to}', run_at = ?, skipped_for = ?, finished_at = ?
  WHERE seq = ? AND (state = '${to}' OR ${mayBecome(to)})`;

/** Stores what has become of a job by its needs. */
export function keepDependent(
  db: Database,
  seq: number,
  { before, job, now }: { before: Pick<Dependent, "state" | "skippedFor">; job: Dependent; now: number },
): void {
  const { any, open, met, failed, called_off, unneeded } = job.tally;
  db.run(KEEP_TALLY, any ? 1 : 0, job.bound ? 1 : 0, open, met, failed, called_off, unneeded, seq);
  if (job.state === before.state && job.skippedFor === before.skippedFor) return;
  db.run(MOVE(job.state), job.runAt, job.skippedFor, job.state === "skipped" ? now : null, seq);
}

const NEEDS_OF = `
  SELECT n.needs, n.wanting, n.decided, coalesce(j.state, ${GROUP_STATE}) AS state, j.skipped_for,
    j.seq IS NULL AND g.id IS NULL
      AND n.needs < coalesce((SELECT min(first) FROM batches), n.needs + 1) AS gone -- or yet to come
  FROM needs n LEFT JOIN jobs j ON j.seq = n.needs LEFT JOIN groups g ON g.id = -n.needs WHERE n.job = ?`;
const DECIDE = "UPDATE needs SET decided = ? WHERE job = ? AND needs = ?";

/** Decides all needs of a job anew, and binds it to them again. Returns what they come to. */
export function lookAnew(db: Database, seq: number, any: boolean): Tally {
  const rows = db.all<FoundNeed & { gone: number; state: State | null; skipped_for: SkipReason | null }>(
    NEEDS_OF,
    seq,
  );
  const decisions = rows.map(({ state, ...row }) => {
    const end = state === null ? undefined : endOf({ state, skippedFor: row.skipped_for });
    const decided = decideAnew({ ...row, end, gone: row.gone === 1 });
    if (decided !== row.decided) db.run(DECIDE, decided, seq, row.needs);
    return decided;
  });
  return tallyOf(decisions, any);
}

/** What a job that needs others is like; undefined when it needs none. */
export function findDependent(db: Database, seq: number): Dependent | undefined {
  const row = db.get<DependentRow>(FIND_DEPENDENT, seq);
  return row && toDependent(row);
}

const RESET = `
  UPDATE jobs SET attempts = 0, started_at = NULL, finished_at = NULL, exit_code = NULL, signal = NULL, error = NULL,
    worker = NULL, run_at = NULL, state = 'blocked' WHERE seq = ? AND ${mayBecome("blocked")}`;
const TELL_ALL = "INSERT INTO ended (job, again) SELECT seq, 1 FROM jobs WHERE seq = ? AND needed = 1";
/** However many jobs of a group run again, once is enough. */
const TELL_ALL_OF_GROUP = `
  INSERT INTO ended (job, again) SELECT -g.id, 1 FROM jobs j JOIN groups g ON g.name = j.in_group
  WHERE j.seq = ? AND g.needed = 1
    AND NOT EXISTS (SELECT 1 FROM ended e WHERE e.job = -g.id AND e.again = 1 AND e.after = 0)`;

/** Lets a job that has ended run again once what it needs has come; and then those that need it. */
export function runAgain(db: Database, seq: number, now: number): void {
  const job = findDependent(db, seq)!;
  db.run(RESET, seq);
  tellAgain(db, seq);
  Object.assign(job, { bound: true, state: "blocked", startedAt: null, runAt: null });
  job.tally = lookAnew(db, seq, job.tally.any);
  settleByNeeds(job, now);
  keepDependent(db, seq, { before: { state: "blocked", skippedFor: null }, job, now });
}

/** Has those that need a job, or its group, run again with it. */
export function tellAgain(db: Database, seq: number): void {
  db.run(TELL_ALL, seq);
  db.run(TELL_ALL_OF_GROUP, seq);
}

const UNBIND = `UPDATE needy SET bound = 0 WHERE job IN ${THESE}`;

/** From now on jobs do not depend on what they need. */
export function unbind(db: Database, seqs: readonly number[]): void {
  db.run(UNBIND, JSON.stringify(seqs));
}

/** A waiting or called-off job that has yet to start: where its needs have it; undefined when they do not decide. */
export function standing(db: Database, seq: number): Dependent | undefined {
  const job = findDependent(db, seq);
  return job && isLive(job) ? job : undefined;
}

const OPEN_DEPENDENTS = `
  SELECT n.job, j.name FROM needs n JOIN needy y ON y.job = n.job AND y.bound = 1 JOIN jobs j ON j.seq = n.job
  WHERE n.needs = ? AND n.decided IS NULL AND j.state IN ${sqlList(["blocked"])} ORDER BY n.job`;

/** The first of the jobs that wait for one, but for some others. */
export function waitingFor(
  db: Database,
  seq: number,
  others: ReadonlySet<number>,
): { job: number; name: string | null } | undefined {
  return db.all<{ job: number; name: string | null }>(OPEN_DEPENDENTS, seq).find(({ job }) =>
    !others.has(job)
  );
}

/** A job waits for what it needs, a group for those of its jobs that have not ended. */
const REACHES = `
  WITH RECURSIVE reached (seq) AS (
    SELECT ? UNION
    SELECT n.needs FROM reached r JOIN needs n ON n.job = r.seq JOIN needy y ON y.job = n.job AND y.bound = 1 UNION
    SELECT j.seq FROM reached r JOIN groups g ON g.id = -r.seq JOIN jobs j ON j.in_group = g.name
      AND j.state NOT IN ${sqlList(ENDED)})
  SELECT 1 FROM reached WHERE seq = ? LIMIT 1`;

/** Gives a job other needs, or none. Returns false when the change leaves them alone. */
export function replaceNeeds(
  db: Database,
  { seq, id, state, started }: { seq: number; id: string; state: State; started: boolean },
  { changes, now }: { changes: JobChanges; now: number },
): void {
  const changed = changedNeeds(changes);
  if (!changed) {
    if (changes.any !== undefined) throw new BadInput("Cannot change any without after: give both");
    return;
  }
  if (started && changed.needs.length > 0) {
    throw new BadInput(`Cannot make job "${id}" wait: it has been tried already`);
  }
  const rows = changed.needs.map(({ on, wanting }) => {
    const found = typeof on === "object" ? needGroup(db, on.group) : need(db, String(on));
    return needOn(
      checkNewNeed(found, { id, seq, on, reaches: (other) => !!db.get(REACHES, other, seq) }),
      wanting,
    );
  });
  db.run("DELETE FROM needs WHERE job = ?", seq);
  db.run("DELETE FROM needy WHERE job = ?", seq);
  if (started) return;
  const { run_at: runAt } = db.get<{ run_at: number | null }>("SELECT run_at FROM jobs WHERE seq = ?", seq)!;
  const tally = tallyOf(rows.map(({ decided }) => decided), changed.any);
  if (rows.length > 0) insertNeeds(db, { seq, tally, rows });
  const job: Dependent = {
    state,
    startedAt: null,
    runAt,
    skippedFor: null,
    bound: true,
    keyLost: false,
    tally,
  };
  settleByNeeds(job, now);
  if (job.state !== state) {
    db.run(MOVE(job.state), job.runAt, job.skippedFor, job.state === "skipped" ? now : null, seq);
  }
}
