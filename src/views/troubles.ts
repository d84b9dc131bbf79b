/**
 * @module
 * What is wrong, a sentence each, the worst first: the same on the command line, over HTTP and on the pages. Says what
 * somebody has to do something about; what passes by itself is none of it.
 */
import type { DeadGroup, QueueInfo, Store, WorkerInfo } from "../store/contract.ts";
import { systemClock } from "../system/clock.ts";

/** What kinds there are: of each, the pages know where it is put right. */
export const TROUBLE_KINDS = ["no_worker", "unserved", "dead", "gone", "paused", "overdue"] as const;

/** Something that is wrong. */
export interface Trouble {
  /** See `TROUBLE_KINDS`. */
  kind: typeof TROUBLE_KINDS[number];
  /** The queue that it is about; null where it is about no queue. */
  queue: string | null;
  /** How many jobs, or schedules, it is about; null where that says nothing. */
  count: number | null;
  /** What those died of that are dead. */
  died_of: string | null;
  /** A sentence for people, without that. */
  says: string;
}

/** What is known already. */
export interface Known {
  /** Where to look. */
  store: Store;
  /** In ms since the epoch. */
  now: number;
  /** Jobs that are pending, over all queues. */
  pending: number;
  /** Jobs that are dead. */
  dead: number;
  /** All that are registered. */
  workers: readonly WorkerInfo[];
  /** How many there are, and how many of them are paused or should have been fired by now. */
  schedules: { total: number; paused: number; overdue: number };
}

/** Groups of dead jobs that are told of, and queues in which jobs wait in vain: who sees more reads none. */
const MOST_OF_A_KIND = 4;

/** Looks. */
export async function troublesNow(known: Known): Promise<Trouble[]> {
  const { store, pending, workers, schedules, now } = known;
  const living = workers.filter(({ leaseUntil, present }) => leaseUntil > now || present);
  const serving = living.filter(({ stopping }) => !stopping);
  const found: Trouble[] = [];
  const due = schedules.total > schedules.paused;
  if (serving.length === 0 && (pending > 0 || due)) {
    const who = living.length > 0 ? "Every worker is stopping" : "No worker is running";
    const what = pending > 0 ? `${jobs(pending)} wait${pending === 1 ? "s" : ""}` : "schedules are not fired";
    found.push(trouble("no_worker", `${who}; ${what}`, { count: pending }));
  }
  const served = servedBy(serving);
  for (const queue of await store.standing({ served, limit: MOST_OF_A_KIND })) found.push(standing(queue));
  for (const group of await deadGroupsOf(known)) found.push(died(group));
  for (const worker of workers) {
    const { id, running, leaseUntil } = worker;
    if (running.length === 0 || living.includes(worker) || leaseUntil === 0) continue;
    const says = `Worker ${id} is gone; nobody watches ${jobs(running.length)} that it ran`;
    found.push(trouble("gone", says, { count: running.length }));
  }
  if (schedules.overdue > 0 && serving.length > 0) {
    const { overdue } = schedules;
    const says = overdue === 1 ? "1 schedule is overdue" : `${grouped(overdue)} schedules are overdue`;
    found.push(trouble("overdue", says, { count: overdue }));
  }
  return found.sort((a, b) => rank(a) - rank(b));
}

/** Where nobody works at all, that is the trouble of every queue; null is that all are served, or none. */
function servedBy(workers: readonly WorkerInfo[]): string[] | null {
  if (workers.length === 0 || workers.some(({ queues }) => queues === null)) return null;
  return [...new Set(workers.flatMap(({ queues }) => queues!))];
}

function rank({ kind }: Trouble): number {
  return TROUBLE_KINDS.indexOf(kind);
}

function standing({ name, paused, counts }: QueueInfo): Trouble {
  const count = counts.pending + counts.scheduled + counts.failed + counts.blocked;
  return paused
    ? trouble("paused", `${name} is paused; ${grouped(count)} wait${count === 1 ? "s" : ""}`, {
      queue: name,
      count,
    })
    : trouble(
      "unserved",
      `Nobody serves ${name}; ${grouped(counts.pending)} wait${counts.pending === 1 ? "s" : ""}`,
      { queue: name, count: counts.pending },
    );
}

function died({ queue, diedOf, count }: DeadGroup): Trouble {
  const says = count === 1
    ? `${queue}: 1 job is dead`
    : `${queue}: ${grouped(count)} jobs are dead with the same error`;
  return trouble("dead", says, { queue, count, died_of: diedOf });
}

function trouble(
  kind: Trouble["kind"],
  says: string,
  { queue = null, count = null, died_of = null }: Partial<Trouble>,
): Trouble {
  return { kind, queue, count, died_of, says };
}

/** What was found for a store the last time: to count very many dead jobs takes a while, and they seldom change. */
const latest = new WeakMap<Store, { dead: number; at: number; tookMs: number; groups: DeadGroup[] }>();
/** They may have changed although as many are dead. */
const KEPT_MS = 5000;
/** So much of the time may go into counting them. */
const SHARE = 0.05;
/** What takes no longer is done each time. */
const NOTHING_MS = 20;

async function deadGroupsOf({ store, dead, now }: Known): Promise<DeadGroup[]> {
  if (dead === 0) return [];
  const known = latest.get(store);
  const age = known ? Math.abs(now - known.at) : Infinity;
  if (known && (known.dead === dead && age < KEPT_MS || age < known.tookMs / SHARE)) return known.groups;
  const start = systemClock.monotonicMs();
  const { groups } = await store.deadGroups({ limit: MOST_OF_A_KIND });
  const tookMs = systemClock.monotonicMs() - start;
  latest.set(store, { dead, at: now, tookMs: tookMs < NOTHING_MS ? 0 : tookMs, groups });
  return groups;
}

function jobs(count: number): string {
  return count === 1 ? "1 job" : `${grouped(count)} jobs`;
}

/** `1234567` as `1,234,567`. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
