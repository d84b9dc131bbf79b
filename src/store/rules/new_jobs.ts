/**
 * @module
 * What every store decides alike of new jobs: whether they are many, how they are called, what is counted of them, and
 * what a request gets that is asked again. Pure. Invariant: no more of very many jobs than necessary are held in memory.
 */
import { isKeyed, type NewJob } from "../../domain/job.ts";
import type { EnqueueOptions, RequestKey } from "../contract.ts";
import { comparePlaces, type FirstState, type Place } from "./jobs.ts";
import { keyIsUsed } from "./refusals.ts";

/** As many jobs as are stored in one transaction. */
const MOST = 1000;
const MOST_TEXT = 2 * 1024 * 1024;

/** Jobs, and whether they are too many for one transaction: then they can be taken one by one, once. */
export interface Divided {
  /** All of them, or all that are to be taken. */
  jobs: Iterable<NewJob>;
  many: boolean;
}

/**
 * Finds out whether jobs are many, without taking more of them than necessary. Those in an array were asked for their keys
 * before.
 */
export function divide(jobs: Iterable<NewJob>): Divided {
  if (Array.isArray(jobs)) return { jobs, many: areMany(jobs) };
  const some: NewJob[] = [];
  const iterator = jobs[Symbol.iterator]();
  let text = 0;
  while (some.length <= MOST && text < MOST_TEXT) {
    const next = iterator.next();
    if (next.done) return { jobs: some, many: false };
    some.push(checked(next.value));
    text += textOf(next.value);
  }
  return { jobs: chain(some, iterator), many: true };
}

/** About how many characters a job has. */
export function textOf({ command, env, stdin }: NewJob): number {
  return command.length + (env === null ? 0 : JSON.stringify(env).length) + (stdin?.length ?? 0);
}

function* chain(some: readonly NewJob[], rest: Iterator<NewJob>): Iterable<NewJob> {
  yield* some;
  for (let next = rest.next(); !next.done; next = rest.next()) yield checked(next.value);
}

/** Jobs that come one by one are never seen together, as those with keys have to be. */
function checked(job: NewJob): NewJob {
  if (isKeyed(job)) throw new TypeError("jobs with keys have to be in an array");
  return job;
}

/** Whether jobs are too many for one transaction. */
export function areMany(jobs: readonly NewJob[]): boolean {
  return jobs.length > MOST || jobs.reduce((sum, job) => sum + textOf(job), 0) >= MOST_TEXT;
}

/** The name of a new job; null where its id is to be `j<seq>`. */
export function nameOf(
  { id }: Pick<NewJob, "id">,
  { idFormat }: Pick<EnqueueOptions, "idFormat">,
): string | null {
  return id ?? (idFormat === "uuid" ? crypto.randomUUID() : null);
}

/** What is counted of a new job, or of several that are alike: their place is that of the first. */
export interface NewJobCounted extends Place {
  /** Where it goes. */
  queue: string;
  /** Its first state. */
  state: FirstState;
  /** It may not start. */
  held: boolean;
  /** How many there are; one unless given. */
  n?: number;
}

/** How many new jobs went into a queue. */
export interface AddedJobs {
  /** How many, and how many of them held, by state; only states with any. */
  counts: { state: FirstState; n: number; held: number }[];
  /** How many there are. */
  enqueued: number;
  /** The first of them that can be claimed; undefined when none can. */
  first: Place | undefined;
}

interface Counts {
  blocked: { n: number; held: number };
  pending: { n: number; held: number };
  scheduled: { n: number; held: number };
  first: Place | undefined;
}

/** How many new jobs went into which queue and state, to be stored with them. */
export class NewJobTally {
  readonly #queues = new Map<string, Counts>();

  /** Counts one, or several. */
  add({ queue, state, held, priority, seq, n = 1 }: NewJobCounted): void {
    let counts = this.#queues.get(queue);
    if (!counts) {
      counts = {
        blocked: { n: 0, held: 0 },
        pending: { n: 0, held: 0 },
        scheduled: { n: 0, held: 0 },
        first: undefined,
      };
      this.#queues.set(queue, counts);
    }
    counts[state].n += n;
    if (held) counts[state].held += n;
    else if (state === "pending") {
      const place = { priority, seq };
      if (!counts.first || comparePlaces(place, counts.first) < 0) counts.first = place;
    }
  }

  /** What came into each queue. */
  *queues(): Iterable<[queue: string, added: AddedJobs]> {
    for (const [queue, { blocked, pending, scheduled, first }] of this.#queues) {
      const all = [
        { state: "blocked", ...blocked },
        { state: "pending", ...pending },
        { state: "scheduled", ...scheduled },
      ] as const;
      const counts = all.filter(({ n }) => n > 0);
      yield [queue, { counts, enqueued: blocked.n + pending.n + scheduled.n, first }];
    }
  }
}

/** How long a request is remembered. */
const MEMORY_MS = 86_400_000;

/** What was noted of a request. */
export interface Remembered {
  /** Of what was asked. */
  fingerprint: string;
  /** What it gave. */
  ids: string[];
}

/** Requests made before this time, in ms since the epoch, are forgotten. */
export function rememberedSince({ now }: Pick<EnqueueOptions, "now">): number {
  return now - MEMORY_MS;
}

/**
 * What a request gets that was made before; undefined for the first.
 * @throws {Refused} when its key was used for another one
 */
export function idsGivenBefore(request: RequestKey, before: Remembered | undefined): string[] | undefined {
  if (before && before.fingerprint !== request.fingerprint) throw keyIsUsed(request.key);
  return before?.ids;
}
