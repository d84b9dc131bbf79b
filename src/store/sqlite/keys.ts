/**
 * @module
 * Which jobs have which keys: looking, having one back, and losing it. What becomes of new ones is in `keyed.ts`.
 */
import { ENDED, type State } from "../../domain/job.ts";
import { policyOf } from "../../domain/policy.ts";
import type { JobChanges } from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import {
  checkComesAfter,
  comesAfter,
  givesKey,
  hasKey,
  type Keyed,
  mayLetStart,
  otherHasKey,
  otherHolder,
  withoutKey,
} from "../rules/unique.ts";
import type { Database } from "./engine/database.ts";
import { sqlList } from "./words.ts";

const FIND = `
  SELECT seq, name, state, started_at, last_attempt, created_at, held, policy FROM jobs
  WHERE unique_key = ? AND key_lost = 0 ORDER BY seq`;

interface KeyedRow {
  seq: number;
  name: string | null;
  state: State;
  started_at: number | null;
  last_attempt: number;
  created_at: number;
  held: number;
  policy: string | null;
}

/** The jobs that may have a key, by their numbers; those that are yet to be moved are not among them. */
export function jobsWithKey(db: Database, key: string): Keyed[] {
  return db.all<KeyedRow>(FIND, key).map((row) => {
    const { uniqueUntil = null, uniqueForMs = null } = policyOf(row.policy) ?? {};
    return {
      seq: row.seq,
      name: row.name,
      state: row.state,
      started: row.started_at !== null,
      lastAttempt: row.last_attempt,
      createdAt: row.created_at,
      held: row.held === 1,
      uniqueUntil,
      uniqueForMs,
    };
  });
}

const STAGED = `
  SELECT b.first + k.at AS seq FROM staged_keys k JOIN batches b ON b.id = k.batch
  WHERE k.key = ? AND b.first IS NOT NULL LIMIT 1`;

/** The number of a job that has a key, is enqueued, and is yet to be moved. */
export function stagedWithKey(db: Database, key: string): number | undefined {
  return db.get<{ seq: number }>(STAGED, key)?.seq;
}

/** What one needs to know of a job to give it a key. */
interface Wanting {
  seq: number;
  key: string;
  now: number;
}

/** The id of another job that has a key; undefined where none has. */
export function otherWithKey(db: Database, { key, ...of }: Wanting): string | undefined {
  const other = otherHolder(jobsWithKey(db, key), of);
  if (other) return idOf(other);
  const staged = stagedWithKey(db, key);
  return staged === undefined ? undefined : idOf({ seq: staged, name: null });
}

const HAVE = "UPDATE jobs SET key_lost = 0 WHERE seq = ? AND key_lost = 1";

/** One that has ended, and would wait for the other's end if it ran again, may have it then. */
const LOSE_TO = `
  UPDATE jobs SET key_lost = 1 WHERE seq = ? AND NOT (state IN ${sqlList(ENDED)}
    AND EXISTS (SELECT 1 FROM needs n WHERE n.job = jobs.seq AND n.needs = ?))`;

/** Nobody who had a key before has it again while a job goes on with it. */
function takeFromOthers(db: Database, found: readonly Keyed[], of: { seq: number; now: number }): void {
  for (const seq of withoutKey(found, of)) db.run(LOSE_TO, seq, of.seq);
}

/** A job that is to be run again. */
interface Retried {
  seq: number;
  state: State;
  unique_key: string | null;
}

/**
 * Gives a job that is run again its key back. Returns the id of the other job that has it, or that it has to come after:
 * then it may not run.
 */
export function haveKeyBack(
  db: Database,
  { seq, state, unique_key: key }: Retried,
  now: number,
): string | undefined {
  if (key === null) return undefined;
  const of = { seq, now };
  if (!ENDED.includes(state)) {
    const holder = goOn(db, key, of);
    return holder && idOf(holder);
  }
  const other = otherWithKey(db, { key, ...of });
  if (other === undefined) have(db, key, of);
  return other;
}

/** Gives a job a key that no other has. */
function have(db: Database, key: string, of: { seq: number; now: number }): void {
  db.run(HAVE, of.seq);
  takeFromOthers(db, jobsWithKey(db, key), of);
}

/** Lets a waiting job start with the key that it may have. Returns the one that it has to come after; then it may not. */
function goOn(db: Database, key: string, of: { seq: number; now: number }): Keyed | undefined {
  const found = jobsWithKey(db, key);
  const holder = comesAfter(found, of);
  const own = found.find(({ seq }) => seq === of.seq);
  if (!holder && own && hasKey(own, of.now)) takeFromOthers(db, found, of);
  return holder;
}

/** Lets a change give a job a key. @throws {Refused} when another one has it */
export function changeKey(
  db: Database,
  job: { seq: number; name: string | null },
  { changes, now }: { changes: JobChanges; now: number },
): void {
  if (!givesKey(changes)) return;
  const key = changes.uniqueKey!;
  const by = otherWithKey(db, { seq: job.seq, key, now });
  if (by !== undefined) throw otherHasKey("edit", { id: idOf(job), key, by });
  have(db, key, { seq: job.seq, now });
}

/**
 * Lets a change have a job wait for others, or for none.
 * @throws {Refused} when it has to come after one that it would not wait for
 */
export function changeFollower(
  db: Database,
  job: { seq: number; name: string | null; unique_key: string | null },
  { changes, now }: { changes: JobChanges; now: number },
): void {
  const key = job.unique_key;
  if (key === null || !mayLetStart(changes)) return;
  checkComesAfter(idOf(job), goOn(db, key, { seq: job.seq, now }), changes);
}

/** Notes that others have the keys of some jobs from now on. */
export function loseKeys(db: Database, seqs: readonly number[]): void {
  for (const seq of seqs) db.run("UPDATE jobs SET key_lost = 1 WHERE seq = ?", seq);
}

const TWICE = `
  SELECT unique_key AS key, json_group_array(coalesce(name, 'j' || seq)) AS ids FROM jobs
  WHERE unique_key IS NOT NULL AND key_lost = 0 AND state IN ('pending', 'scheduled', 'processing', 'failed')
    AND NOT (coalesce(policy ->> 'uniqueUntil', '') = 'start' AND last_attempt > 0)
  GROUP BY unique_key HAVING count(*) > 1`;

/** Keys that more than one job has, a sentence each. */
export function recountKeys(db: Database): string[] {
  return db.all<{ key: string; ids: string }>(TWICE).map(({ key, ids }) =>
    `The key ${JSON.stringify(key)} is that of several jobs: ${(JSON.parse(ids) as string[]).join(", ")}`
  );
}
