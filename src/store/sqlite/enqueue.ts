/**
 * @module
 * Storing some new jobs in one transaction; very many are stored by `batches.ts`. The two are the only places that
 * insert jobs, and so the only ones that count by themselves (see `migrations.ts`). And whether anybody takes them,
 * which is asked right after that.
 */
import { TakenId } from "../../domain/errors.ts";
import type { NewJob } from "../../domain/job.ts";
import type { EnqueueOptions } from "../contract.ts";
import { FigureTally } from "../rules/figure_tally.ts";
import { idOf, waitingState } from "../rules/jobs.ts";
import { idsGivenBefore, nameOf, NewJobTally, rememberedSince } from "../rules/new_jobs.ts";
import { idIsTaken, takenId } from "../rules/refusals.ts";
import type { Database } from "./engine/database.ts";
import { isTaken } from "./engine/failures.ts";
import { storeFigures } from "./figures.ts";
import type { Waiters } from "./needs.ts";
import { NEW_COLUMNS, newRow } from "./rows.ts";

const INSERT = `
  INSERT INTO jobs (created_at, ${NEW_COLUMNS.join(", ")}) VALUES (?${", ?".repeat(NEW_COLUMNS.length)})`;

const KEEP_STDIN = "INSERT INTO inputs (job, bytes) VALUES (?, ?)";

const COUNT = `
  INSERT INTO counts (queue, state, n, held) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET n = n + excluded.n, held = held + excluded.held`;

const NOTE_IN_LANE = `
  INSERT INTO lanes (queue, priority, seq) VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET priority = excluded.priority, seq = excluded.seq
  WHERE (excluded.priority, excluded.seq) < (priority, seq)`;

export interface Enqueued {
  /** In the given order. */
  ids: string[];
  /** There are batches that were enqueued and are not stored yet. */
  pending: boolean;
}

/** What is done besides for jobs that need others, or join groups; left out where none does. */
export interface Besides {
  /** Finds out what becomes of those that need others. */
  plan?: (db: Database) => Waiters;
  /** Counts them in their groups. Returns what is to be done once they are stored. */
  join?: (db: Database) => () => void;
}

/** Stores jobs in the given order and returns their ids in that order; or those of the same request before. */
export function enqueue(
  db: Database,
  jobs: Iterable<NewJob>,
  options: EnqueueOptions & Besides,
): Enqueued {
  let ids = knownIds(db, options);
  if (!ids) remember(db, ids = store(db, jobs, options), options);
  return { ids, pending: db.get(PENDING) !== undefined };
}

const PENDING = "SELECT 1 FROM batches WHERE first IS NOT NULL LIMIT 1";

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
export function knownIds(db: Database, options: EnqueueOptions): string[] | undefined {
  const { request } = options;
  if (!request) return undefined;
  const before = db.get<{ fingerprint: string; ids: string }>(
    FIND_REQUEST,
    request.key,
    rememberedSince(options),
  );
  return idsGivenBefore(request, before && { ...before, ids: JSON.parse(before.ids) });
}

/** Notes what a request gave, and forgets old ones. */
export function remember(db: Database, ids: readonly string[], options: EnqueueOptions): void {
  const { request, now } = options;
  if (!request) return;
  db.run(FORGET_REQUESTS, rememberedSince(options));
  db.run(REMEMBER_REQUEST, request.key, request.fingerprint, JSON.stringify(ids), now);
}

/** The id is taken by a job of a batch, which may never be enqueued. */
export class Reserved extends TakenId {}

const IS_RESERVED = "SELECT 1 FROM staged_names WHERE name = ?";

function store(
  db: Database,
  jobs: Iterable<NewJob>,
  options: EnqueueOptions & Besides,
): string[] {
  const ids: string[] = [];
  const seqs: number[] = [];
  const names: (string | null)[] = [];
  const finish = options.join?.(db);
  const waiters = options.plan?.(db);
  const tally = new NewJobTally();
  for (const job of jobs) {
    const name = nameOf(job, options);
    const waits = waiters?.planned.get(ids.length);
    const mustWait = waits?.state === "blocked" || waits?.state === "skipped";
    const state = mustWait ? "blocked" : waitingState(job.runAt, options.now);
    if (job.id !== null && db.get(IS_RESERVED, job.id)) throw new Reserved(idIsTaken(job.id), ids.length);
    let seq: number;
    try {
      seq = db.insert(INSERT, options.now, ...newRow({ job, name, state }));
      ids.push(idOf({ seq, name }));
      seqs.push(seq);
      names.push(name);
      if (job.stdin) db.run(KEEP_STDIN, seq, job.stdin);
    } catch (error) {
      if (!isTaken(error)) throw error;
      throw takenId(name!, ids.length);
    }
    const { queue, priority, held } = job;
    tally.add({ queue, state, held, priority, seq });
  }
  storeTally(db, tally, options.now);
  waiters?.store(db, { seqs, names });
  finish?.();
  return ids;
}

/** Adds new jobs to the counts and figures, as of `now`. To be called in the transaction that stores them. */
export function storeTally(db: Database, tally: NewJobTally, now: number): void {
  const figures = new FigureTally();
  for (const [queue, { counts, enqueued, first }] of tally.queues()) {
    for (const { state, n, held } of counts) db.run(COUNT, queue, state, n, held);
    if (first) db.run(NOTE_IN_LANE, queue, first.priority, first.seq);
    figures.of(queue).enqueued = enqueued;
  }
  storeFigures(db, figures, now);
}

const CLOSED = "SELECT 1 FROM queues WHERE name = ? AND (paused = 1 OR concurrency = 0)";
const SERVING = `
  SELECT 1 FROM supervisors s JOIN workers w ON w.supervisor = s.id
  WHERE s.lease_until > ? AND w.stopping = 0
    AND (w.queues IS NULL OR EXISTS (SELECT 1 FROM json_each(w.queues) WHERE value = ?)) LIMIT 1`;

/** Whether a queue may run jobs and a worker serves it whose lease lasts beyond a time. */
export function service(db: Database, queue: string, beyond: number): "served" | "nobody" | "unclear" {
  if (db.get(CLOSED, queue)) return "unclear";
  if (db.get(SERVING, beyond, queue)) return "served";
  return db.get("SELECT 1 FROM workers LIMIT 1") ? "unclear" : "nobody";
}
