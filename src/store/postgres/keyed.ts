/**
 * @module
 * Enqueueing jobs of which some have keys, or take the ids of ended ones: in one transaction, which holds the locks of all
 * these keys, it is found out what becomes of each, and it is stored, however many there are.
 */
import { ENDED, type NewJob } from "../../domain/job.ts";
import { policyColumn } from "../../domain/policy.ts";
import type { EnqueueOptions, Placed } from "../contract.ts";
import { idOf, waitingState } from "../rules/jobs.ts";
import { mayNotHaveKey } from "../rules/refusals.ts";
import {
  asGivenLater,
  endedNotYet,
  isReplaceable,
  type Keyed,
  placedBefore,
  planUnique,
  remembered,
  type UniquePlan,
  withKeys,
} from "../rules/unique.ts";
import { removal } from "./acts.ts";
import type { Database, Transaction } from "./engine/database.ts";
import type { Statement, Value } from "./engine/driver.ts";
import { isForbidden } from "./engine/failures.ts";
import { keyedRequest, knownIds, needsOf, Part, remembering, told, waits } from "./enqueue.ts";
import { mayOnlyEnqueue } from "./enqueuer.ts";
import { join, sealing } from "./groups.ts";
import { jobsWithKeys, lockKeys, losingKeys } from "./keys.ts";
import { letGo, type LockedJob, lockJobs } from "./locked_jobs.ts";
import { FIELD_COLUMNS, toValue } from "./rows.ts";

/** Stores jobs, and says what has become of each; or of the same request before. */
export async function enqueueKeyed(
  db: Database,
  given: readonly NewJob[],
  options: EnqueueOptions,
): Promise<Placed[]> {
  const jobs = await withKeys(given);
  const request = keyedRequest(options);
  try {
    const known = options.request && await knownIds(db, request).catch((error) => {
      throw db.explain(error);
    });
    if (known) return placedBefore(known);
    let done: { placed: Placed[]; answer: string[] } | undefined;
    const names: (string | null)[] = [];
    const answer = await told(
      db,
      [names],
      request,
      () =>
        db.untilAnswered(() =>
          db.tryTransaction(async (tx) => {
            const { plan, locked } = await planOf(tx, jobs, options.now);
            names.splice(
              0,
              names.length,
              ...jobs.map((_, at) => plan.origins.includes(at) ? jobs[at]!.id : null),
            );
            const { ids, statements } = await asGivenLater(
              plan,
              () => storePlan(tx, { plan, locked, options }),
            );
            const placed = plan.placed(ids);
            done = { placed, answer: remembered(placed) };
            await tx.commit([...statements, remembering(request, done.answer)]);
            return done.answer;
          })
        ),
    );
    return done?.answer === answer ? done.placed : placedBefore(answer);
  } catch (error) {
    if (isForbidden(error) && await mayOnlyEnqueue(db)) throw mayNotHaveKey();
    throw error;
  }
}

/** What becomes of the jobs, with all locked that it depends on. */
async function planOf(
  tx: Transaction,
  jobs: readonly NewJob[],
  now: number,
): Promise<{ plan: UniquePlan; locked: LockedJob[] }> {
  const keys = [...new Set(jobs.flatMap(({ uniqueKey }) => uniqueKey ?? []))];
  await lockKeys(tx, keys);
  let found = await jobsWithKeys(tx, keys);
  const replaces = new Set(
    jobs.flatMap(({ uniqueKey, onConflict }) =>
      onConflict === "replace" && uniqueKey !== null ? [uniqueKey] : []
    ),
  );
  const waiting = [...found].flatMap(([key, all]: [string, Keyed[]]) =>
    replaces.has(key) ? all.filter(isReplaceable).map(({ seq }) => seq) : []
  );
  const ids = jobs.flatMap(({ id, replaceEnded }) => replaceEnded && id !== null ? [id] : []);
  if (waiting.length === 0 && ids.length === 0) return { plan: planUnique(jobs, { found, now }), locked: [] };
  const locked = await lockJobs(
    tx,
    "(j.seq = ANY ($1::bigint[]) OR j.name = ANY ($2::text[]))",
    waiting,
    ids,
  );
  if (waiting.length > 0) found = await jobsWithKeys(tx, keys); // they may have been claimed before they were locked
  return { plan: planUnique(jobs, { found, now }), locked };
}

async function storePlan(
  tx: Transaction,
  { plan, locked, options }: { plan: UniquePlan; locked: LockedJob[]; options: EnqueueOptions },
): Promise<{ ids: string[]; statements: Statement[] }> {
  const before = [
    ...losingKeys(plan.lost),
    ...replacing(plan, locked, options.now),
    ...removing(plan, locked),
  ];
  if (before.length > 0) await tx.several(before);
  const all = new Part(options, 0);
  const names: (string | null)[] = [];
  const ids: string[] = [];
  const seqs: number[] = [];
  for (let from = 0; from < plan.jobs.length;) {
    const part = new Part(options, from);
    for (; from < plan.jobs.length && !part.isFull; from += 1) {
      part.add(plan.jobs[from]!);
      all.count(plan.jobs[from]!);
    }
    const [stored] = await tx.several([part.statement()]);
    ids.push(...part.idsFrom(stored!.rows as { seq: number }[]));
    seqs.push(...part.seqs);
    names.push(...part.names);
    const inputs = part.inputs();
    if (inputs.length > 0) await tx.several(inputs);
  }
  const { needing, members, now } = all;
  const added = { needing, members, names, seqs, now };
  const needs = await needsOf(tx, added);
  const made = await join(tx, all.joins, options);
  const { statements, changes } = await waits(tx, added, needs);
  return {
    ids,
    statements: [
      ...statements,
      ...sealing(made, options),
      ...all.counted(changes),
      ...letGo(locked),
    ],
  };
}

/** What a replaced job is from now on; its id and its group stay. */
const COLUMNS = [
  ...FIELD_COLUMNS.map(({ column }) => column).filter((column) => column !== "in_group"),
  ...["stdin_size", "policy"],
];
const REPLACE = `
  UPDATE queuectl.jobs SET state = CASE WHEN state = 'blocked' THEN state ELSE $2 END,
    ${COLUMNS.map((column, at) => `${column} = $${at + 3}`).join(", ")} WHERE seq = $1`;

function replacing(
  { replaced }: UniquePlan,
  locked: readonly LockedJob[],
  now: number,
): Statement[] {
  const bySeq = new Map(locked.map((one) => [one.row.seq, one]));
  return replaced.flatMap(({ seq, job }) => {
    const one = bySeq.get(seq)!;
    const state = waitingState(job.runAt, now);
    Object.assign(one, {
      queue: job.queue,
      priority: job.priority,
      held: job.held,
      state: one.state === "blocked" ? one.state : state,
    });
    const fields = FIELD_COLUMNS.filter(({ column }) => column !== "in_group");
    const values: Value[] = [seq, state, ...fields.map(({ key }) => toValue(job[key]))];
    return [
      { sql: REPLACE, values: [...values, job.stdin?.length ?? null, policyColumn(job)] },
      { sql: "DELETE FROM queuectl.inputs WHERE job = $1", values: [seq] },
      ...job.stdin
        ? [{ sql: "INSERT INTO queuectl.inputs (job, bytes) VALUES ($1, $2)", values: [seq, job.stdin] }]
        : [],
    ];
  });
}

/** Removes those whose ids new ones take. @throws {TakenId} where one goes on */
function removing({ jobs }: UniquePlan, locked: readonly LockedJob[]): Statement[] {
  const byId = new Map(locked.map((one) => [idOf(one.row), one]));
  const gone = jobs.flatMap(({ id, replaceEnded }, index) => {
    const one = replaceEnded && id !== null ? byId.get(id) : undefined;
    if (!one) return [];
    if (!ENDED.includes(one.state)) throw endedNotYet(id!, one.state, index);
    one.gone = true;
    return [one.row.seq];
  });
  return gone.length === 0 ? [] : removal(gone);
}
