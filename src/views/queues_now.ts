/**
 * @module
 * Queues with what became of their jobs within the last hour, those with trouble first. What it costs depends on how many
 * are asked for, not on how many there are.
 */
import { addFigures, noFigures } from "../domain/figures.ts";
import type { QueueInfo, Store, WorkerInfo } from "../store/contract.ts";
import { timeJson } from "./job_json.ts";
import { summarizeTotal } from "./metrics.ts";
import { type QueueJson, queueJson } from "./queue_json.ts";

/** Steps of the last hour. */
const STEPS = 12;
const MINUTE_MS = 60_000;
const STEP_MS = 5 * MINUTE_MS;

/** A queue, and how it has been lately. */
export interface QueueNow extends QueueJson {
  /** When the pending job that was enqueued first was enqueued; ISO 8601, null when none is pending. */
  oldest_pending_at: string | null;
  /** How many living workers serve it. */
  workers: number;
  /** Attempts that completed in each twelfth of the last hour. */
  completed: number[];
  /** Attempts that ended otherwise, but for those that were called off or put off. */
  failed: number[];
  /** Jobs that died in the last hour. */
  died: number;
  /** In seconds; null where nothing started. */
  wait_p95: number | null;
}

/** The queues that are worth showing, those with trouble first, and how many there are. */
export async function queuesByTrouble(
  store: Store,
  { now, limit }: { now: number; limit: number },
): Promise<{ queues: QueueNow[]; of: number }> {
  const [{ queues, of }, workers, dead] = [
    await store.summary(limit),
    await serving(store, now),
    await store.deadGroups({ limit }),
  ];
  const served = workers.length === 0 || workers.some(({ queues }) => queues === null)
    ? null
    : [...new Set(workers.flatMap(({ queues }) => queues!))];
  const found = new Map(queues.map((queue) => [queue.name, queue]));
  const standing = await store.standing({ served, limit });
  for (const queue of standing) found.set(queue.name, queue);
  for (const { queue } of dead.groups) {
    const info = found.has(queue) ? undefined : await store.queue(queue);
    if (info) found.set(queue, info);
  }
  const inVain = new Set(standing.map(({ name }) => name));
  const worst = [...found.values()]
    .sort((a, b) => compare(troubleOf(a, inVain), troubleOf(b, inVain)) || (a.name < b.name ? -1 : 1))
    .slice(0, limit);
  const shown = [];
  for (const queue of worst) shown.push(await queueNow(store, queue, { now, workers }));
  return { queues: shown, of };
}

/** What is worse comes first: jobs that nobody takes, those that are dead, those that wait. */
function troubleOf({ name, counts }: QueueInfo, inVain: ReadonlySet<string>): number[] {
  return [inVain.has(name) ? 1 : 0, counts.dead, counts.pending, counts.processing];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((n, i) => n !== b[i]);
  return at === -1 ? 0 : b[at]! - a[at]!;
}

async function serving(store: Store, now: number): Promise<WorkerInfo[]> {
  return (await store.workers()).filter(({ leaseUntil, present, stopping }) =>
    !stopping && (leaseUntil > now || present)
  );
}

/** A queue by its name, or undefined. */
export async function oneQueueNow(store: Store, name: string, now: number): Promise<QueueNow | undefined> {
  const queue = await store.queue(name);
  return queue && await queueNow(store, queue, { now, workers: await serving(store, now) });
}

async function queueNow(
  store: Store,
  queue: QueueInfo,
  { now, workers }: { now: number; workers: readonly WorkerInfo[] },
): Promise<QueueNow> {
  const { name, counts } = queue;
  const first = counts.pending === 0
    ? undefined
    : (await store.list({ queue: name, state: "pending", sort: "oldest", limit: 1 })).jobs[0];
  const from = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS - STEPS * STEP_MS;
  const rows = await store.figures({ span: "minute", from, queue: name });
  const [completed, failed] = [new Array<number>(STEPS).fill(0), new Array<number>(STEPS).fill(0)];
  const hour = noFigures();
  for (const { start, figures } of rows) {
    const step = Math.floor((start - from) / STEP_MS);
    if (step < 0 || step >= STEPS) continue;
    completed[step]! += figures.completed;
    failed[step]! += figures.failed + figures.timedOut + figures.lost;
    addFigures(hour, figures);
  }
  const p95 = summarizeTotal([{ queue: name, start: 0, figures: hour }]).waitMs.p95;
  return {
    ...queueJson(queue),
    oldest_pending_at: timeJson(first?.createdAt ?? null),
    workers: workers.filter(({ queues }) => queues?.includes(name) ?? true).length,
    ...{ completed, failed },
    died: hour.dead,
    wait_p95: p95 === null ? null : p95 / 1000,
  };
}
