/**
 * @module
 * Why a job that waits is not running, and what is odd about one that runs, in sentences for people.
 */
import { formatDuration } from "../domain/duration.ts";
import { type Job, WAITING } from "../domain/job.ts";
import type { Store, WorkerInfo } from "../store/contract.ts";
import { sayShortage } from "./shortages.ts";
import { needsOf, whatItWaitsFor } from "./needs.ts";

/** Jobs ahead are counted up to this; beyond it, the sentence says "more than" so many. */
const COUNTED_AHEAD = 1000;

/** The reasons, the strongest first; empty for a job that does not wait. `say` writes times down, in ISO 8601 unless given. */
export async function reasonsToWait(
  job: Job,
  { store, now, say = iso }: { store: Store; now: number; say?: (ms: number) => string },
): Promise<string[]> {
  if (!WAITING.includes(job.state)) return [];
  const reasons = job.held ? ["it is held until it is released"] : [];
  if (job.state === "blocked") {
    const needs = await needsOf(store, job.id);
    return [...reasons, ...needs ? whatItWaitsFor(needs) : []];
  }
  if (job.runAt !== null && job.runAt > now) {
    const until = say(job.runAt);
    reasons.push(
      job.state === "failed" ? `its next attempt is due at ${until}` : `it is scheduled for ${until}`,
    );
  }
  const queue = await store.queue(job.queue);
  if (queue?.paused) reasons.push(`queue "${job.queue}" is paused`);
  if (queue && queue.concurrency !== null && queue.counts.processing >= queue.concurrency) {
    reasons.push(`queue "${job.queue}" already runs as many jobs as it may, ${queue.concurrency}`);
  }
  const workers = (await store.workers()).filter(({ leaseUntil }) => leaseUntil > now);
  reasons.push(...reasonsOfWorkers(job, workers));
  if (job.state === "pending") {
    const shortages = await store.shortages(job.id, now);
    reasons.push(...shortages.map((shortage) => sayShortage(shortage, { queue: job.queue, say })));
  }
  if (job.state === "pending" && !job.held) {
    const ahead = await store.ahead(job.id, { queues: queuesBeside(job, workers), limit: COUNTED_AHEAD });
    if (ahead > 0) reasons.push(aheadOfIt(ahead));
    if (ahead > 0 && queue && queue.agingMs !== null) reasons.push(itAges(queue.agingMs));
  }
  return reasons.length > 0 ? reasons : ["a worker is about to take it"];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Whether a job runs on although its worker has left it or is gone. */
export async function runsUnwatched(
  job: Job,
  { store, now }: { store: Store; now: number },
): Promise<boolean> {
  if (job.state !== "processing") return false;
  const worker = (await store.workers()).find(({ id }) => id === job.worker);
  return worker === undefined || worker.leaseUntil <= now;
}

/** The queues from which those who serve a job take others before it; null is all. Jobs that none of them takes do not delay it. */
function queuesBeside(job: Job, workers: readonly WorkerInfo[]): string[] | null {
  const serving = workers.filter((worker) => serves(worker, job));
  if (serving.some(({ queues }) => queues === null)) return null;
  return [...new Set([job.queue, ...serving.flatMap(({ queues }) => queues!)])];
}

function serves({ queues, stopping }: WorkerInfo, { queue }: Job): boolean {
  return !stopping && (queues?.includes(queue) ?? true);
}

function reasonsOfWorkers(job: Job, workers: readonly WorkerInfo[]): string[] {
  if (workers.length === 0) return ["no worker is running"];
  const serving = workers.filter((worker) => serves(worker, job));
  if (serving.length === 0) return [`no running worker serves queue "${job.queue}"`];
  const free = serving.some(({ running, slots }) => running.length < slots);
  return free ? [] : ["every worker is busy"];
}

function itAges(agingMs: number): string {
  return `${formatDuration(agingMs)} of waiting count as much as a step of priority in its queue`;
}

function aheadOfIt(ahead: number): string {
  if (ahead >= COUNTED_AHEAD) return `at least ${COUNTED_AHEAD} jobs are ahead of it`;
  return ahead === 1 ? "1 job is ahead of it" : `${ahead} jobs are ahead of it`;
}
