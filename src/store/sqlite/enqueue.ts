/**
 * @module
 * Storing new jobs, one or a hundred thousand, in one transaction. The only place that inserts jobs, and so
 * the only one that counts by itself (see `migrations.ts`).
 */
import { Refused, TakenId } from "../../errors.ts";
import type { NewJob } from "../../job.ts";
import type { EnqueueOptions } from "../store.ts";
import type { Database } from "./database.ts";
import { isTaken } from "./failures.ts";
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

/** Stores jobs in the given order and returns their ids in that order; or those of the same request before. */
export function enqueue(db: Database, jobs: Iterable<NewJob>, options: EnqueueOptions): string[] {
  const { request, now } = options;
  if (!request) return store(db, jobs, options);
  db.run("DELETE FROM requests WHERE made_at < ?", now - REQUEST_MEMORY_MS);
  const known = db.get<{ fingerprint: string; ids: string }>(FIND_REQUEST, request.key);
  if (known) {
    if (known.fingerprint === request.fingerprint) return JSON.parse(known.ids);
    throw new Refused(`Cannot enqueue with the key "${request.key}": it was used for something else`);
  }
  const ids = store(db, jobs, options);
  db.run(REMEMBER_REQUEST, request.key, request.fingerprint, JSON.stringify(ids), now);
  return ids;
}

const REQUEST_MEMORY_MS = 86_400_000;
const FIND_REQUEST = "SELECT fingerprint, ids FROM requests WHERE key = ?";
const REMEMBER_REQUEST = "INSERT INTO requests (key, fingerprint, ids, made_at) VALUES (?, ?, ?, ?)";

function store(db: Database, jobs: Iterable<NewJob>, options: EnqueueOptions): string[] {
  const ids: string[] = [];
  const tally = new Tally();
  for (const job of jobs) {
    const name = job.id ?? (options.idFormat === "uuid" ? crypto.randomUUID() : null);
    const state = job.runAt !== null && job.runAt > options.now ? "scheduled" : "pending";
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
      throw new TakenId(`Cannot enqueue job "${name}": the id is taken`, ids.length);
    }
    tally.add(job, state, seq);
  }
  tally.store(db, options.now);
  return ids;
}

/** The states a new job can be in. */
type FirstState = "pending" | "scheduled";

/** How many new jobs went into a queue, and the first of them that could be claimed. */
interface Added {
  pending: { n: number; held: number };
  scheduled: { n: number; held: number };
  first?: { priority: number; seq: number };
}

/** How many new jobs went into which queue and state. */
class Tally {
  readonly #queues = new Map<string, Added>();

  add(job: NewJob, state: FirstState, seq: number): void {
    let added = this.#queues.get(job.queue);
    if (!added) {
      added = { pending: { n: 0, held: 0 }, scheduled: { n: 0, held: 0 } };
      this.#queues.set(job.queue, added);
    }
    added[state].n += 1;
    if (job.held) added[state].held += 1;
    else if (state === "pending" && !(added.first && added.first.priority <= job.priority)) {
      added.first = { priority: job.priority, seq };
    }
  }

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
