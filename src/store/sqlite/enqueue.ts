/**
 * @module
 * Storing some new jobs in one transaction; very many are stored by `batches.ts`. The two are the only places that
 * insert jobs, and so the only ones that count by themselves (see `migrations.ts`).
 */
import { Refused, TakenId } from "../../domain/errors.ts";
import type { NewJob } from "../../domain/job.ts";
import type { EnqueueOptions } from "../contract.ts";
import type { Database } from "./engine/database.ts";
import { isTaken } from "./engine/failures.ts";
import { FigureTally } from "./figures.ts";

const INSERT = `
  INSERT INTO jobs (name, queue, command, state, priority, max_retries, timeout_ms, run_at, created_at,
    label, cwd, env, held)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const COUNT = `
  INSERT INTO counts (queue, state, n, held) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET n = n + excluded.n, held = held + excluded.held`;

const NOTE_IN_LANE = `
  INSERT INTO lanes (queue, priority, seq) VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET priority = excluded.priority, seq = excluded.seq
  WHERE (excluded.priority, excluded.seq) < (priority, seq)`;

/** As many jobs as are stored in one transaction. */
const MOST = 1000;
const MOST_TEXT = 2 * 1024 * 1024;

/** Jobs, and whether they are too many for one transaction: then they can be taken one by one, once. */
export interface Divided {
  /** All of them, or all that are to be taken. */
  jobs: Iterable<NewJob>;
  many: boolean;
}

/** Finds out whether jobs are many, without taking more of them than necessary. */
export function divide(jobs: Iterable<NewJob>): Divided {
  const some: NewJob[] = [];
  const iterator = jobs[Symbol.iterator]();
  let text = 0;
  while (some.length <= MOST && text < MOST_TEXT) {
    const next = iterator.next();
    if (next.done) return { jobs: some, many: false };
    some.push(next.value);
    text += textOf(next.value);
  }
  return { jobs: chain(some, iterator), many: true };
}

/** About how many characters a job has. */
export function textOf({ command, env }: NewJob): number {
  return command.length + (env === null ? 0 : JSON.stringify(env).length);
}

function* chain(some: readonly NewJob[], rest: Iterator<NewJob>): Iterable<NewJob> {
  yield* some;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

export interface Enqueued {
  /** In the given order. */
  ids: string[];
  /** There are batches that were enqueued and are not stored yet. */
  pending: boolean;
}

/** Stores jobs in the given order and returns their ids in that order; or those of the same request before. */
export function enqueue(db: Database, jobs: Iterable<NewJob>, options: EnqueueOptions): Enqueued {
  let ids = knownIds(db, options);
  if (!ids) remember(db, ids = store(db, jobs, options), options);
  return { ids, pending: db.get(PENDING) !== undefined };
}

const PENDING = "SELECT 1 FROM batches WHERE first IS NOT NULL LIMIT 1";

const REQUEST_MEMORY_MS = 86_400_000;
/** Requests forgotten at a time: many more than come at a time. */
const MOST_FORGOTTEN = 1000;
const FORGET_REQUESTS = `
  DELETE FROM requests WHERE key IN (SELECT key FROM requests WHERE made_at < ? LIMIT ${MOST_FORGOTTEN})`;
const FIND_REQUEST = "SELECT fingerprint, ids FROM requests WHERE key = ? AND made_at >= ?";
const REMEMBER_REQUEST =
  "INSERT OR REPLACE INTO requests (key, fingerprint, ids, made_at) VALUES (?, ?, ?, ?)";

/**
 * What the same request gave before; undefined when it is the first.
 * @throws {Refused} when its key was used for another one
 */
export function knownIds(db: Database, { request, now }: EnqueueOptions): string[] | undefined {
  if (!request) return undefined;
  const known = db.get<{ fingerprint: string; ids: string }>(
    FIND_REQUEST,
    request.key,
    now - REQUEST_MEMORY_MS,
  );
  if (!known) return undefined;
  if (known.fingerprint === request.fingerprint) return JSON.parse(known.ids);
  throw new Refused(`Cannot enqueue with the key "${request.key}": it was used for something else`);
}

/** Notes what a request gave, and forgets old ones. */
export function remember(db: Database, ids: readonly string[], { request, now }: EnqueueOptions): void {
  if (!request) return;
  db.run(FORGET_REQUESTS, now - REQUEST_MEMORY_MS);
  db.run(REMEMBER_REQUEST, request.key, request.fingerprint, JSON.stringify(ids), now);
}

/** The id is taken by a job of a batch, which may never be enqueued. */
export class Reserved extends TakenId {}

const IS_RESERVED = "SELECT 1 FROM staged_names WHERE name = ?";

/** The name in the database: null where the id is to be `j<seq>`. */
export function nameOf(job: NewJob, { idFormat }: EnqueueOptions): string | null {
  return job.id ?? (idFormat === "uuid" ? crypto.randomUUID() : null);
}

/** The state a new job is in. */
export function firstState({ runAt }: NewJob, { now }: EnqueueOptions): FirstState {
  return runAt !== null && runAt > now ? "scheduled" : "pending";
}

/** What to say of an id that another job has. */
export function taken(name: string): string {
  return `Cannot enqueue job "${name}": the id is taken`;
}

function store(db: Database, jobs: Iterable<NewJob>, options: EnqueueOptions): string[] {
  const ids: string[] = [];
  const tally = new Tally();
  for (const job of jobs) {
    const name = nameOf(job, options);
    const state = firstState(job, options);
    if (job.id !== null && db.get(IS_RESERVED, job.id)) throw new Reserved(taken(job.id), ids.length);
    let seq: number;
    try {
      seq = db.insert(
        INSERT,
        name,
        job.queue,
        job.command,
        state,
        job.priority,
        job.maxRetries,
        job.timeoutMs,
        job.runAt,
        options.now,
        job.label,
        job.cwd,
        job.env === null ? null : JSON.stringify(job.env),
        job.held ? 1 : 0,
      );
      ids.push(name ?? `j${seq}`);
    } catch (error) {
      if (!isTaken(error)) throw error;
      throw new TakenId(taken(name!), ids.length);
    }
    const { queue, priority, held } = job;
    tally.add({ queue, state, held, priority, seq, n: 1 });
  }
  tally.store(db, options.now);
  return ids;
}

/** The states a new job can be in. */
export type FirstState = "pending" | "scheduled";

/** How many new jobs went into a queue, and the first of them that could be claimed. */
interface Added {
  pending: { n: number; held: number };
  scheduled: { n: number; held: number };
  first?: { priority: number; seq: number };
}

/** What is counted of new jobs that are alike. */
export interface NewRows {
  queue: string;
  /** Their first state. */
  state: FirstState;
  /** They may not start. */
  held: boolean;
  /** The place of the first of them in the order of claiming. */
  priority: number;
  seq: number;
  /** How many there are. */
  n: number;
}

/** How many new jobs went into which queue and state. */
export class Tally {
  readonly #queues = new Map<string, Added>();

  add({ queue, state, held, priority, seq, n }: NewRows): void {
    let added = this.#queues.get(queue);
    if (!added) {
      added = { pending: { n: 0, held: 0 }, scheduled: { n: 0, held: 0 } };
      this.#queues.set(queue, added);
    }
    added[state].n += n;
    if (held) added[state].held += n;
    else if (state === "pending" && !(added.first && added.first.priority <= priority)) {
      added.first = { priority, seq };
    }
  }

  /** Adds all to the counts and figures, as of `now`. To be called in the transaction that stores them. */
  store(db: Database, now: number): void {
    const figures = new FigureTally();
    for (const [queue, { pending, scheduled, first }] of this.#queues) {
      for (const [state, { n, held }] of Object.entries({ pending, scheduled })) {
        if (n > 0) db.run(COUNT, queue, state, n, held);
      }
      if (first) db.run(NOTE_IN_LANE, queue, first.priority, first.seq);
      figures.of(queue).enqueued = pending.n + scheduled.n;
    }
    figures.store(db, now);
  }
}
