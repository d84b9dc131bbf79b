/**
 * @module
 * Enqueueing jobs of which some have keys, or take the ids of ended ones: in the transaction that stores them it is found
 * out what becomes of each. Very many are staged, as others are; see `keyed_batches.ts`. Loaded only where some have.
 */
import { StoreBusy } from "../../domain/errors.ts";
import { ENDED, type NewJob } from "../../domain/job.ts";
import { systemClock } from "../../system/clock.ts";
import type { Home } from "../../system/home.ts";
import type { EnqueueOptions, Placed } from "../contract.ts";
import { waitingState } from "../rules/jobs.ts";
import { areMany } from "../rules/new_jobs.ts";
import {
  asGiven,
  endedNotYet,
  type Keyed,
  placedBefore,
  planUnique,
  remembered,
  type UniquePlan,
  withKeys,
} from "../rules/unique.ts";
import { recover } from "./batches.ts";
import { besidesOf, needsAmong } from "./besides.ts";
import type { Database } from "./engine/database.ts";
import { enqueue, knownIds, remember, Reserved } from "./enqueue.ts";
import { jobsWithKey, loseKeys, stagedWithKey } from "./keys.ts";
import { removeThese } from "./manage.ts";
import { findRow, NEW_COLUMNS, newRow } from "./rows.ts";

/** How long to wait for jobs to be moved that others enqueue, and how often to look. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 20;

/** A job with the key is enqueued, and is yet to be moved: only then it can be seen how it is. */
export class KeyStaged extends Error {}

/** Stores jobs, and says what has become of each; or of the same request before. */
export async function enqueueKeyed(
  db: Database,
  home: Home,
  { jobs: given, options }: { jobs: readonly NewJob[]; options: EnqueueOptions },
): Promise<Placed[]> {
  const jobs = await withKeys(given);
  const store = areMany(jobs) ? (await import("./keyed_batches.ts")).enqueueManyKeyed : enqueueSome;
  const start = systemClock.monotonicMs();
  while (true) {
    try {
      return await store(db, home, { jobs, options });
    } catch (error) {
      const passes = error instanceof KeyStaged || error instanceof Reserved;
      if (!passes) throw error;
      const waits = await recover(db, home) || systemClock.monotonicMs() - start < PATIENCE_MS;
      if (!waits) throw error instanceof KeyStaged ? tooBusy() : error;
      await systemClock.sleep(LOOK_MS);
    }
  }
}

function tooBusy(): StoreBusy {
  return new StoreBusy(
    "Cannot enqueue: others enqueue jobs with the same keys at this moment; nothing was enqueued; try again",
  );
}

async function enqueueSome(
  db: Database,
  home: Home,
  { jobs, options }: { jobs: readonly NewJob[]; options: EnqueueOptions },
): Promise<Placed[]> {
  const { placed, pending } = await db.write((db) => storeSome(db, jobs, options), { reserve: false });
  if (pending) await recover(db, home);
  return placed;
}

function storeSome(
  db: Database,
  given: readonly NewJob[],
  options: EnqueueOptions,
): { placed: Placed[]; pending: boolean } {
  const known = knownIds(db, options);
  if (known) return { placed: placedBefore(known), pending: false };
  const { now, idFormat, joining } = options;
  const plan = planUnique(given, { found: findKeyed(db, given), now });
  return asGiven(plan, () => {
    makeRoom(db, plan, now);
    const { jobs } = plan;
    const besides = besidesOf(jobs, needsAmong(jobs), options);
    const { ids, pending } = enqueue(db, jobs, { now, idFormat, ...joining && { joining }, ...besides });
    const placed = plan.placed(ids);
    remember(db, remembered(placed), options);
    return { placed, pending };
  });
}

/** The jobs that may have the keys of new ones. @throws {KeyStaged} when one cannot be seen yet */
export function findKeyed(db: Database, jobs: readonly NewJob[]): Map<string, Keyed[]> {
  const found = new Map<string, Keyed[]>();
  for (const { uniqueKey: key } of jobs) {
    if (key === null || found.has(key)) continue;
    if (stagedWithKey(db, key) !== undefined) throw new KeyStaged();
    found.set(key, jobsWithKey(db, key));
  }
  return found;
}

/** Does what goes before the new ones are stored. @throws {TakenId} where one was to take the id of a job that goes on */
export function makeRoom(db: Database, { jobs, lost, replaced }: UniquePlan, now: number): void {
  loseKeys(db, lost);
  for (const one of replaced) replace(db, one, now);
  for (const [index, { id, replaceEnded }] of jobs.entries()) {
    const row = replaceEnded && id !== null ? findRow(db, id) : undefined;
    if (!row) continue;
    if (!ENDED.includes(row.state)) throw endedNotYet(id!, row.state, index);
    removeThese(db, [row]);
  }
}

/** What a replaced job is from now on; its id and its group stay. */
const REPLACED = NEW_COLUMNS.map((column, at) => ({ column, at })).filter(({ column }) =>
  column !== "name" && column !== "in_group"
);
const REPLACE = `UPDATE jobs SET ${
  REPLACED.map(({ column }) =>
    column === "state" ? "state = iif(state = 'blocked', state, ?)" : `${column} = ?`
  )
    .join(", ")
} WHERE seq = ?`;

function replace(db: Database, { seq, job }: UniquePlan["replaced"][number], now: number): void {
  const values = newRow({ job, name: null, state: waitingState(job.runAt, now) });
  db.run(REPLACE, ...REPLACED.map(({ at }) => values[at]!), seq);
  db.run("DELETE FROM inputs WHERE job = ?", seq);
  if (job.stdin) db.run("INSERT INTO inputs (job, bytes) VALUES (?, ?)", seq, job.stdin);
}
