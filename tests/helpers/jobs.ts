/**
 * @module
 * Jobs, supervisors and settlements with everything filled in that a test does not care about.
 */
import type { EndedAttempt } from "../../src/domain/retry.ts";
import { type NewJob, WAITING } from "../../src/domain/job.ts";
import { jobFromValue } from "../../src/domain/spec.ts";
import type {
  ClaimedJob,
  Exchange,
  Exchanged,
  NewSupervisor,
  Pruned,
  Settlement,
  Store,
} from "../../src/store/contract.ts";
import { changeAll } from "../../src/views/change_all.ts";

/** A moment to count from, in ms since the epoch: on the minute, so that tests know their minutes. */
export const T0 = 1_800_000_000_000;

const PLAIN = jobFromValue(
  { command: "true" },
  { now: T0, cwd: "/", windows: false, priority: 0, maxRetries: 3, timeoutMs: 0 },
);

/** A job that wants nothing special. */
export function newJob(changes: Partial<NewJob> = {}): NewJob {
  return { ...PLAIN, cwd: null, ...changes };
}

/** A failed attempt, of a job that says nothing of what shall follow. */
export function ended(changes: Partial<EndedAttempt>): EndedAttempt {
  return { ...PLAIN, outcome: "failed", attempts: 1, exitCode: 1, signal: null, finishedAt: 0, ...changes };
}

/** Enqueues jobs at `T0`. */
export function enqueue(store: Store, ...jobs: Partial<NewJob>[]): Promise<string[]> {
  return store.enqueue(jobs.map(newJob), { now: T0, idFormat: "short" });
}

/** Removes all jobs that wait, of one queue or of all. Returns how many. */
export async function clear(store: Store, queue?: string): Promise<number> {
  const which = queue === undefined ? {} : { queue };
  const selected = { which, wish: { verb: "delete", only: WAITING } } as const;
  return (await changeAll(store, selected, { now: T0 })).done;
}

/** Removes all completed and cancelled jobs that ended before a time. Returns how many. */
export async function prune(store: Store, before: number): Promise<number> {
  let pruned = 0;
  let after: string | undefined | null;
  while (after !== null) {
    const kept = { endedMs: 0, deadMs: null, ofQueues: false };
    const step: Pruned = await store.prune(kept, {
      now: before,
      limit: 1000,
      ...after !== undefined && { after },
    });
    pruned += step.pruned;
    after = step.after;
  }
  return pruned;
}

/** A supervisor with one worker, `<id>-worker`, whose lease lasts an hour from `T0`. */
export function newSupervisor(id: string, changes: Partial<NewSupervisor> = {}): NewSupervisor {
  return {
    id,
    host: "host",
    bootId: "boot",
    pidNamespace: "pids",
    pid: 1,
    startedAt: T0,
    leaseUntil: T0 + 3_600_000,
    workers: [{ id: `${id}-worker`, slots: 1, queues: null }],
    ...changes,
  };
}

/** An exchange of a supervisor at `T0` that brings nothing and wants nothing. */
export function exchangeOf(supervisor: string, changes: Partial<Exchange> = {}): Exchange {
  return { supervisor, now: T0, settlements: [], output: [], free: [], queues: null, ...changes };
}

/** Claims at most `count` jobs for the worker of a registered supervisor. */
export async function claim(
  store: Store,
  supervisor: string,
  { count = 1, now = T0, queues = null }: { count?: number; now?: number; queues?: string[] | null } = {},
): Promise<ClaimedJob[]> {
  const free = Array.from({ length: count }, () => `${supervisor}-worker`);
  return (await store.exchange(exchangeOf(supervisor, { free, now, queues }))).claimed;
}

/** Claims one job, which must be there. */
export async function claimOne(store: Store, supervisor: string, now: number = T0): Promise<ClaimedJob> {
  const [job] = await claim(store, supervisor, { now });
  if (!job) throw new Error("There is no job to be claimed");
  return job;
}

/** How an attempt ended: well, unless changed. */
export function settlement(token: string, changes: Partial<Settlement> = {}): Settlement {
  return {
    token,
    startedAt: null,
    finishedAt: T0 + 1000,
    outcome: "completed",
    exitCode: 0,
    signal: null,
    error: null,
    state: "completed",
    runAt: null,
    ...changes,
  };
}

/** The settlement of an attempt whose command failed. */
export function failure(token: string, changes: Partial<Settlement> = {}): Settlement {
  return settlement(token, {
    outcome: "failed",
    exitCode: 1,
    error: "exit code 1",
    state: "failed",
    runAt: T0 + 3000,
    ...changes,
  });
}

/** The settlement of an attempt after which its job is dead. */
export function death(token: string): Settlement {
  return failure(token, { state: "dead", runAt: null });
}

/** Settles attempts of a supervisor. */
export function settle(store: Store, supervisor: string, ...settlements: Settlement[]): Promise<Exchanged> {
  return store.exchange(exchangeOf(supervisor, { now: T0 + 1000, settlements }));
}

/** Settles, and comes again as long as there is something to be done at once, as workers do: who needs these jobs is told. */
export async function settleAndTell(
  store: Store,
  supervisor: string,
  ...settlements: Settlement[]
): Promise<void> {
  const now = T0 + 1000;
  let { nextDueAt } = await settle(store, supervisor, ...settlements);
  while (nextDueAt !== null && nextDueAt <= now) {
    ({ nextDueAt } = await store.exchange(exchangeOf(supervisor, { now })));
  }
}
