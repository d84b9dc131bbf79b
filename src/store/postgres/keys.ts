/**
 * @module
 * Which jobs have which keys: looking, having one back, and losing it. What becomes of new ones is in `keyed.ts`.
 *
 * Invariant: whoever gives a job a key holds the lock of that key, and took it before it locked any job; so of those who
 * look at a key one comes after the other, and sees what the one before has done. But for who calls back jobs that it has
 * locked already (`telling.ts`): where two meet in that, the server has one of them begin anew.
 */
import { ENDED } from "../../domain/job.ts";
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
import type { Database, Transaction } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";
import type { LockedJob } from "./locked_jobs.ts";
import { HAS_AN_ID, idsValues, JOBS, STATE } from "./rows.ts";

/** Of more keys, all there are are locked at once: the server has room for some thousand locks. */
const MOST_LOCKS = 64;
const ALL_KEYS = "1363366988, 'queuectl.jobs_keys'::regclass::oid::integer";
const LOCK_ALL = `SELECT pg_advisory_xact_lock(${ALL_KEYS})`;
const LOCK_SOME = `SELECT pg_advisory_xact_lock_shared(${ALL_KEYS})`;
const LOCK_EACH = `
  SELECT pg_advisory_xact_lock(h) FROM (
    SELECT DISTINCT hashtextextended(k, 'queuectl.jobs_keys'::regclass::oid::bigint) AS h
    FROM unnest($1::text[]) AS u (k) ORDER BY h) AS hashes`;

/** Locks keys until the transaction ends. */
export async function lockKeys(tx: Transaction, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await tx.several(
    keys.length > MOST_LOCKS ? [{ sql: LOCK_ALL }] : [{ sql: LOCK_SOME }, { sql: LOCK_EACH, values: [keys] }],
  );
}

const FIND = `
  SELECT j.unique_key AS key, j.seq, j.name, ${STATE} AS state, coalesce(r.started_at, j.started_at) IS NOT NULL AS started,
    coalesce(r.attempt, j.last_attempt) AS "lastAttempt", j.created_at AS "createdAt", j.held, j.policy
  FROM ${JOBS} WHERE j.unique_key = ANY ($1::text[]) AND NOT j.key_lost ORDER BY j.seq`;

type KeyedRow = Omit<Keyed, "uniqueUntil" | "uniqueForMs"> & { key: string; policy: string | null };

/** The jobs that may have some keys, by these, and by their numbers. */
export async function jobsWithKeys(
  tx: Transaction,
  keys: readonly string[],
): Promise<Map<string, Keyed[]>> {
  const found = new Map<string, Keyed[]>(keys.map((key) => [key, []]));
  if (keys.length === 0) return found;
  for (const { key, policy, ...row } of await tx.all<KeyedRow>(FIND, keys)) {
    const { uniqueUntil = null, uniqueForMs = null } = policyOf(policy) ?? {};
    found.get(key)!.push({ ...row, uniqueUntil, uniqueForMs });
  }
  return found;
}

const KEYS_OF =
  `SELECT DISTINCT j.unique_key AS key FROM queuectl.jobs j WHERE j.unique_key IS NOT NULL AND `;

/** Locks the keys of some jobs. To be called before these are locked. */
export async function lockKeysOf(tx: Transaction, ids: readonly string[]): Promise<void> {
  const rows = await tx.all<{ key: string }>(`${KEYS_OF} ${HAS_AN_ID}`, ...idsValues(ids));
  await lockKeys(tx, rows.map(({ key }) => key));
}

/** The same, by their numbers. */
export async function lockKeysOfSeqs(tx: Transaction, seqs: readonly number[]): Promise<void> {
  const rows = await tx.all<{ key: string }>(`${KEYS_OF} j.seq = ANY ($1::bigint[])`, seqs);
  await lockKeys(tx, rows.map(({ key }) => key));
}

const HAVE = "UPDATE queuectl.jobs SET key_lost = false WHERE seq = ANY ($1::bigint[]) AND key_lost";
const LOSE = "UPDATE queuectl.jobs SET key_lost = true WHERE seq = ANY ($1::bigint[])";

/** One that has ended, and would wait for the end of the one that goes on with it, may have it then. */
const LOSE_TO = `
  UPDATE queuectl.jobs o SET key_lost = true FROM unnest($1::bigint[], $2::bigint[]) AS l (seq, goes_on)
  WHERE o.seq = l.seq AND NOT (o.state = ANY ($3::text[])
    AND EXISTS (SELECT FROM queuectl.needs n WHERE n.job = o.seq AND n.needs = l.goes_on))`;

/** Jobs that go on with their keys: those that have them back, and those that others lose them to. */
class GoingOn {
  readonly #back: number[] = [];
  readonly #losers: number[] = [];
  readonly #to: number[] = [];

  /** One that no other keeps from having its key back. */
  give(found: readonly Keyed[], of: { seq: number; now: number }): void {
    this.#back.push(of.seq);
    this.#takeFromOthers(found, of);
  }

  /** A waiting one that is to start. Returns the one that it has to come after; then it may not. */
  goOn(found: readonly Keyed[], of: { seq: number; now: number }): Keyed | undefined {
    const holder = comesAfter(found, of);
    const own = found.find(({ seq }) => seq === of.seq);
    if (!holder && own && hasKey(own, of.now)) this.#takeFromOthers(found, of);
    return holder;
  }

  /** Nobody who had a key before has it again while a job goes on with it. */
  #takeFromOthers(found: readonly Keyed[], of: { seq: number; now: number }): void {
    for (const seq of withoutKey(found, of)) {
      this.#losers.push(seq);
      this.#to.push(of.seq);
    }
  }

  statements(): Statement[] {
    return [
      ...this.#back.length > 0 ? [{ sql: HAVE, values: [this.#back] }] : [],
      ...this.#losers.length > 0 ? [{ sql: LOSE_TO, values: [this.#losers, this.#to, ENDED] }] : [],
    ];
  }
}

/** Which jobs that are run again get their keys back, and which may not run, since others have them, or come before them. */
export interface KeysBack {
  statements: Statement[];
  /** The ids of those others. */
  barred: ReadonlyMap<LockedJob, { key: string; by: string }>;
}

/** Gives jobs that are run again their keys back, one after the other. */
export async function haveKeysBack(
  tx: Transaction,
  jobs: readonly LockedJob[],
  now: number,
): Promise<KeysBack> {
  const barred = new Map<LockedJob, { key: string; by: string }>();
  const keyOf = ({ row }: LockedJob) => row.unique_key as string | null;
  const keys = new Set(jobs.flatMap((job) => keyOf(job) ?? []));
  if (keys.size === 0) return { statements: [], barred };
  const all = await jobsWithKeys(tx, [...keys]);
  const given = new Map<string, LockedJob["row"]>();
  const goingOn = new GoingOn();
  for (const job of jobs) {
    const key = keyOf(job);
    if (key === null) continue;
    const found = all.get(key)!;
    const of = { seq: job.row.seq, now };
    const hasEnded = ENDED.includes(job.state);
    const other = hasEnded ? otherHolder(found, of) ?? given.get(key) : goingOn.goOn(found, of);
    if (other) barred.set(job, { key, by: idOf(other) });
    else if (hasEnded) {
      given.set(key, job.row);
      goingOn.give(found, of);
    }
  }
  return { statements: goingOn.statements(), barred };
}

/** Lets a change give a locked job a key. @throws {Refused} when another one has it */
export async function changeKey(
  tx: Transaction,
  { row }: LockedJob,
  { changes, now }: { changes: JobChanges; now: number },
): Promise<Statement[]> {
  if (!givesKey(changes)) return [];
  const key = changes.uniqueKey!;
  const of = { seq: row.seq, now };
  const found = (await jobsWithKeys(tx, [key])).get(key)!;
  const other = otherHolder(found, of);
  if (other) throw otherHasKey("edit", { id: idOf(row), key, by: idOf(other) });
  const goingOn = new GoingOn();
  goingOn.give(found, of);
  return goingOn.statements();
}

/**
 * Lets a change have a locked job wait for others, or for none.
 * @throws {Refused} when it has to come after one that it would not wait for
 */
export async function changeFollower(
  tx: Transaction,
  { row }: LockedJob,
  { changes, now }: { changes: JobChanges; now: number },
): Promise<Statement[]> {
  const key = row.unique_key as string | null;
  if (key === null || !mayLetStart(changes)) return [];
  const found = (await jobsWithKeys(tx, [key])).get(key)!;
  const goingOn = new GoingOn();
  checkComesAfter(idOf(row), goingOn.goOn(found, { seq: row.seq, now }), changes);
  return goingOn.statements();
}

/** Notes that others have the keys of some jobs from now on. */
export function losingKeys(seqs: readonly number[]): Statement[] {
  return seqs.length === 0 ? [] : [{ sql: LOSE, values: [seqs] }];
}

const TWICE = `
  SELECT j.unique_key AS key, json_agg(coalesce(j.name, 'j' || j.seq) ORDER BY j.seq) AS ids FROM ${JOBS}
  WHERE j.unique_key IS NOT NULL AND NOT j.key_lost AND j.state IN ('pending', 'scheduled', 'failed')
    AND NOT (coalesce(j.policy::json ->> 'uniqueUntil', '') = 'start' AND coalesce(r.attempt, j.last_attempt) > 0)
  GROUP BY 1 HAVING count(*) > 1`;

/** Keys that more than one job has, a sentence each. */
export async function recountKeys(db: Database): Promise<string[]> {
  return (await db.read<{ key: string; ids: string[] }>(TWICE)).map(({ key, ids }) =>
    `The key ${JSON.stringify(key)} is that of several jobs: ${ids.join(", ")}`
  );
}
