/**
 * @module
 * Very many jobs at once of which some have keys. What becomes of each is planned first, by what others may go on changing
 * meanwhile; when all is staged, the plan holds if nobody has come to have one of its keys since, else all of it is done
 * again. Until they are moved, others see in `staged_keys` that somebody has their keys.
 */
import type { NewJob } from "../../domain/job.ts";
import type { Home } from "../../system/home.ts";
import type { EnqueueOptions, Placed } from "../contract.ts";
import {
  asGivenLater,
  hasKey,
  isReplaceable,
  placedBefore,
  planUnique,
  remembered,
  type UniquePlan,
} from "../rules/unique.ts";
import { checkThere, enqueueMany, type KeyedBatch } from "./batches.ts";
import { needsAmong } from "./besides.ts";
import type { Database } from "./engine/database.ts";
import { inTurns } from "./engine/turns.ts";
import { knownIds, remember } from "./enqueue.ts";
import { findKeyed, KeyStaged, makeRoom } from "./keyed.ts";
import { jobsWithKey } from "./keys.ts";

/** Stores jobs, and says what has become of each; or of the same request before. */
export async function enqueueManyKeyed(
  db: Database,
  home: Home,
  { jobs: given, options }: { jobs: readonly NewJob[]; options: EnqueueOptions },
): Promise<Placed[]> {
  const { now } = options;
  const found = await db.read((db) => findKeyed(db, given));
  const plan = planUnique(given, { found, now });
  const planned = new Set([...found.values()].flat().map(({ seq }) => seq));
  if (plan.jobs.length === 0) {
    return await db.write((db) => replaceOnly(db, plan, options), { reserve: false });
  }
  const keyed = keyedBatch(plan, { planned, now });
  const answer = await asGivenLater(plan, async () => {
    const needs = needsAmong(plan.jobs);
    return await enqueueMany(db, home, { jobs: plan.jobs, options, needs, keyed });
  });
  return placedBefore(answer);
}

/** Where none is stored. */
function replaceOnly(db: Database, plan: UniquePlan, options: EnqueueOptions): Placed[] {
  const known = knownIds(db, options);
  if (known) return placedBefore(known);
  checkReplaced(db, plan, options.now);
  makeRoom(db, plan, options.now);
  const placed = plan.placed([]);
  remember(db, remembered(placed), options);
  return placed;
}

function keyedBatch(
  plan: UniquePlan,
  { planned, now }: { planned: ReadonlySet<number>; now: number },
): KeyedBatch {
  const { jobs } = plan;
  const keys = Array.from(
    new Map(jobs.flatMap(({ uniqueKey }, at) => uniqueKey === null ? [] : [[uniqueKey, at]])),
    ([key, at]) => ({ key, at }),
  );
  return {
    taken: new Set(jobs.flatMap(({ id, replaceEnded }) => replaceEnded && id !== null ? [id] : [])),
    async stage(db, batch) {
      await inTurns(db, 0, (db, from, hasTime) => {
        checkThere(db, batch);
        for (; from < keys.length; from += AT_ONCE) {
          if (!hasTime()) return { state: from, more: true };
          db.run(STAGE, batch, JSON.stringify(keys.slice(from, from + AT_ONCE)));
        }
        return { state: from, more: false };
      });
    },
    commit(db, batch) {
      if (db.get(STAGED_BY_OTHERS, batch, batch)) throw new KeyStaged();
      for (const { key } of db.all<{ key: string }>(OF_JOBS, batch)) {
        const others = jobsWithKey(db, key).filter((job) => hasKey(job, now));
        if (others.some(({ seq }) => !planned.has(seq))) throw new KeyStaged();
      }
      checkReplaced(db, plan, now);
      makeRoom(db, plan, now);
    },
    answer: (ids) => remembered(plan.placed(ids)),
  };
}

/** Keys that are put aside by one statement. */
const AT_ONCE = 500;
const STAGE = `
  INSERT INTO staged_keys (key, batch, at) SELECT value ->> 'key', ?, value ->> 'at' FROM json_each(?)`;
const STAGED_BY_OTHERS = `
  SELECT 1 FROM batches b JOIN staged_keys k ON k.batch = b.id WHERE b.first IS NOT NULL AND b.id <> ?
    AND EXISTS (SELECT 1 FROM staged_keys o WHERE o.key = k.key AND o.batch = ?) LIMIT 1`;
const OF_JOBS = `
  SELECT DISTINCT k.key FROM staged_keys k CROSS JOIN jobs j ON j.unique_key = k.key AND j.key_lost = 0 WHERE k.batch = ?`;

/** What is to be replaced still waits. @throws {KeyStaged} when it does not */
function checkReplaced(db: Database, { replaced }: UniquePlan, now: number): void {
  for (const { seq, job: { uniqueKey } } of replaced) {
    const job = jobsWithKey(db, uniqueKey!).find((job) => job.seq === seq);
    if (!job || !hasKey(job, now) || !isReplaceable(job)) throw new KeyStaged();
  }
}
