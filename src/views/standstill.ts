/**
 * @module
 * What keeps jobs from starting until somebody does something about it, and what to do: no worker, a switch, a hold.
 * What passes by itself, such as a busy worker, is none of it; `waiting.ts` tells that, too.
 */
import type { QueueInfo, Store, WorkerInfo } from "../store/contract.ts";

/** Something that keeps jobs from starting. */
export interface Obstacle {
  /** Such as `no worker is running`. */
  found: string;
  /** Such as `start one with`; `queuectl` and the words follow. */
  advice: string;
  /** Words of a command line, after `queuectl`. */
  words: readonly string[];
}

/** Jobs of a queue that have not ended. */
export interface Unfinished {
  /** Its name. */
  queue: string;
  /** Some of them have yet to start. */
  waiting: boolean;
}

/** The obstacles of some queues, each once, the strongest first. `now` in ms since the epoch. */
export async function obstacles(
  queues: readonly Unfinished[],
  { store, now }: { store: Store; now: number },
): Promise<Obstacle[]> {
  if (queues.length === 0) return [];
  const alive = (await store.workers()).filter(({ leaseUntil, present }) => leaseUntil > now || present);
  const serving = alive.filter(({ stopping }) => !stopping);
  const waiting = queues.filter((one) => one.waiting);
  const found: Obstacle[] = [];
  // what still runs is seen to its end by a worker that stops, too
  if (alive.length === 0 || serving.length === 0 && waiting.length > 0) found.push(noWorker(alive.length));
  for (const { queue } of waiting) {
    if (serving.length > 0 && !serving.some((worker) => serves(worker, queue))) found.push(notServed(queue));
  }
  for (const { queue } of waiting) {
    const info = await store.queue(queue);
    if (info) found.push(...closed(info));
  }
  return found;
}

/** What keeps held jobs from starting, if there are any. */
export function holding(ids: readonly string[]): Obstacle[] {
  if (ids.length === 0) return [];
  const [them, are] = ids.length === 1 ? ["it", `job "${ids[0]}" is`] : ["them", `${ids.length} jobs are`];
  return [{ found: `${are} held`, advice: `release ${them} with`, words: ["release", ...ids] }];
}

function serves({ queues }: WorkerInfo, queue: string): boolean {
  return queues === null || queues.includes(queue);
}

function noWorker(stopping: number): Obstacle {
  const found = stopping > 0 ? "every worker is stopping" : "no worker is running";
  return { found, advice: "start one with", words: ["worker", "start"] };
}

function notServed(queue: string): Obstacle {
  return {
    found: `no running worker serves queue "${queue}"`,
    advice: "start one with",
    words: ["worker", "start", "--queue", queue],
  };
}

function closed({ name, paused, concurrency }: QueueInfo): Obstacle[] {
  const isPaused: Obstacle = {
    found: `queue "${name}" is paused`,
    advice: "resume it with",
    words: ["queue", "resume", name],
  };
  const runsNone: Obstacle = {
    found: `queue "${name}" runs no jobs, since its limit is 0`,
    advice: "take it away with",
    words: ["queue", "set", name, "--concurrency", "none"],
  };
  return [...(paused ? [isPaused] : []), ...(concurrency === 0 ? [runsNone] : [])];
}
