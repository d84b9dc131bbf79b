/**
 * @module
 * What people do to jobs that exist: call off, run again, remove, change, hold, let stand still. Every function does it
 * for all the ids it is given, or throws and does it for none. What is done to all jobs of some kind is in
 * `selecting.ts`.
 */
import { ENDED, type Job, type State } from "../../domain/job.ts";
import type { DeleteOptions, JobChanges, Paused, RetryOptions, Verb } from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import { allowed, cannotPauseHere, isWaitedFor } from "../rules/refusals.ts";
import { givesKey, mayLetStart, otherHasKey } from "../rules/unique.ts";
import { actOf, type ActOptions } from "./acts.ts";
import type { Database, Transaction } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";
import { changeFollower, changeKey, haveKeysBack, lockKeys, lockKeysOf } from "./keys.ts";
import { letGo, type LockedJob, lockJobs } from "./locked_jobs.ts";
import { beforeReplacing, type NewNeedsOf, replaceNeeds } from "./new_needs.ts";
import { revive, tellingAgain, tellingGroupsAgain, waitingFor } from "./needs.ts";
import { HAS_AN_ID, idsValues, JOB, type JobRow, JOBS, toJob } from "./rows.ts";

interface Wanted extends ActOptions {
  /** Only for jobs in this state. */
  only?: State;
  /** Refuses a job although its state allows it. */
  check?(job: LockedJob, id: string): void;
  /** Also those that their needs keep from starting. */
  ignoreNeeds?: boolean;
  /** Before the jobs are locked. */
  first?(tx: Transaction): Promise<void>;
  /** When they are locked and their states allow it: to some of them it may do it otherwise, and says how. */
  before?(
    tx: Transaction,
    jobs: readonly LockedJob[],
  ): Promise<{ revived?: ReadonlySet<LockedJob>; statements?: Statement[] }>;
  /** What else to do. */
  after?(jobs: readonly LockedJob[]): Statement[];
  /** What to read of the jobs at the end. */
  last?: Statement;
}

/** Does something to jobs, one after the other, as far as their states allow it; then stores all of it. */
async function change(
  db: Database,
  { verb, ids }: { verb: Verb; ids: readonly string[] },
  { only, ignoreNeeds = false, check, first, before, after, last, ...options }: Wanted,
): Promise<{ jobs: LockedJob[]; read: unknown[] }> {
  const { act, store } = actOf(verb, options);
  return await db.transaction(async (tx) => {
    await first?.(tx);
    const locked = await lockJobs(tx, HAS_AN_ID, ...idsValues(ids));
    const jobs = new Map(locked.map((job) => [idOf(job.row), job]));
    const states = new Map(locked.map((job) => [job, job.state]));
    const changed = new Set<LockedJob>();
    const { revived = new Set(), statements: others = [] } = await before?.(tx, locked) ?? {};
    for (const id of ids) {
      const there = jobs.get(id);
      const intent = { verb, id, ...only && { only }, ignoreNeeds };
      allowed(there && !there.gone ? { state: states.get(there)! } : undefined, intent);
      const job = there!;
      check?.(job, id);
      if (!revived.has(job)) act(job);
      changed.add(job);
    }
    const acted = [...changed].filter((job) => !revived.has(job));
    const statements = [
      ...others,
      ...store(acted),
      ...after?.([...changed]) ?? [],
      ...letGo(locked),
      ...last ? [last] : [],
    ];
    const results = await tx.commit(statements);
    return { jobs: [...changed], read: last ? results.at(-1)!.rows : [] };
  });
}

/** Calls jobs off: waiting ones at once, running ones as a wish to their worker. */
export async function cancel(
  db: Database,
  ids: readonly string[],
  now: number,
): Promise<{ cancelled: number; requested: number }> {
  const { jobs } = await change(db, { verb: "cancel", ids }, { now });
  const requested = jobs.filter(({ state }) => state === "processing").length;
  return { cancelled: jobs.length - requested, requested };
}

/** Makes jobs pending at once, with their attempts counted from 0. Returns the ids of those that stay held. */
export async function retry(
  db: Database,
  ids: readonly string[],
  { now, only, ignoreNeeds = false, withDependents = false }: RetryOptions,
): Promise<string[]> {
  const { jobs } = await change(db, { verb: "retry", ids }, {
    now,
    ...only && { only },
    ignoreNeeds,
    first: (tx) => lockKeysOf(tx, ids),
    before: async (tx, jobs) => {
      const wanted = jobs.filter(({ state }) => ignoreNeeds || ENDED.includes(state));
      const { statements, barred } = await haveKeysBack(tx, wanted, now);
      for (const [{ row }, other] of barred) throw otherHasKey("retry", { id: idOf(row), ...other });
      const revived = ignoreNeeds ? { statements: [] } : await revive(tx, jobs, now);
      return { ...revived, statements: [...statements, ...revived.statements] };
    },
    after(jobs) {
      const seqs = jobs.map(({ row }) => row.seq);
      return withDependents ? [tellingAgain(seqs), tellingGroupsAgain(seqs)] : [];
    },
  });
  return jobs.filter(({ held }) => held).map(({ row }) => idOf(row));
}

/** Removes jobs with their attempts, output and stdin. */
export async function remove(
  db: Database,
  ids: readonly string[],
  { only, force = false }: DeleteOptions,
): Promise<void> {
  const before = async (tx: Transaction, jobs: readonly LockedJob[]) => {
    const waiting = force ? undefined : await waitingFor(tx, jobs.map(({ row }) => row.seq));
    if (!waiting) return {};
    const needed = jobs.find(({ row }) => row.seq === waiting.needs)!;
    throw isWaitedFor(idOf(needed.row), idOf(waiting));
  };
  await change(db, { verb: "delete", ids }, { now: 0, ...only && { only }, before });
}

const READ = `SELECT ${JOB} FROM ${JOBS} WHERE ${HAS_AN_ID}`;

/** Changes a waiting job and returns it as it is then. */
export async function edit(
  db: Database,
  id: string,
  { changes, now }: { changes: JobChanges; now: number },
): Promise<Job> {
  const last = { sql: READ, values: idsValues([id]) };
  let needs: NewNeedsOf | undefined;
  const { read } = await change(db, { verb: "edit", ids: [id] }, {
    now,
    changes,
    last,
    first: async (tx) => {
      if (givesKey(changes)) await lockKeys(tx, [changes.uniqueKey!]);
      else if (mayLetStart(changes)) await lockKeysOf(tx, [id]);
      needs = await beforeReplacing(tx, id, changes);
    },
    before: async (tx, [job]) => {
      if (!job) return {};
      const statements = [
        ...await changeKey(tx, job, { changes, now }),
        ...await changeFollower(tx, job, { changes, now }),
      ];
      return { statements: needs ? [...statements, ...await replaceNeeds(tx, job, needs, now)] : statements };
    },
  });
  return toJob(read[0] as JobRow);
}

/** Keeps waiting jobs from starting, or lets them go. */
export async function hold(db: Database, ids: readonly string[], held: boolean): Promise<void> {
  await change(db, { verb: held ? "hold" : "release", ids }, { now: 0 });
}

/** Holds waiting jobs, and notes for running ones that they shall stand still. */
export async function pause(
  db: Database,
  ids: readonly string[],
  { now, running }: { now: number; running: boolean },
): Promise<Paused> {
  const check = (job: LockedJob, id: string) => {
    if (job.state === "processing" && !running) throw cannotPauseHere(id);
  };
  return pausedOf((await change(db, { verb: "pause", ids }, { now, check })).jobs);
}

/** Releases waiting jobs, and notes for running ones that they shall go on. */
export async function resume(db: Database, ids: readonly string[], now: number): Promise<Paused> {
  return pausedOf((await change(db, { verb: "resume", ids }, { now })).jobs);
}

function pausedOf(jobs: readonly LockedJob[]): Paused {
  const running = jobs.filter(({ state }) => state === "processing").length;
  return { waiting: jobs.length - running, running };
}
