/**
 * @module
 * Giving workers the first pending jobs of all open lanes, each by one guarded UPDATE and with one new attempt. Lanes
 * are gone through in order, a page at a time, and put right on the way (see `lanes.ts`).
 */
import type { ClaimedJob } from "../contract.ts";
import { comparePlaces, type Place, readyAt } from "../rules/jobs.ts";
import type { Database } from "./engine/database.ts";
import { readStdin } from "./inputs.ts";
import { type Lane, openLanes, putRight } from "./lanes.ts";
import { readNeeded } from "./needed_outcomes.ts";
import { type JobRow, toJob } from "./rows.ts";
import { readCheckpoint } from "./said.ts";
import { layDown, unreadableColumn } from "./unreadable.ts";
import { GIVEN, mayBecome } from "./words.ts";

/** Who claims, for whom, and from where. */
export interface Claim {
  supervisor: string;
  host: string;
  /** In ms since the epoch. */
  now: number;
  /** One worker for every job that can be taken. */
  free: readonly string[];
  /** Take jobs from these queues only; null is all. */
  queues: readonly string[] | null;
}

export interface Claimed {
  /** In order. */
  jobs: ClaimedJob[];
  /** There may be more to be claimed: so many lanes stood wrong that it stopped looking. */
  more: boolean;
}

/** Lanes on a page, at least. */
const PAGE = 32;
/** Lanes to be looked at for one claim, at most, so that very many that stand wrong do not hold up everybody else. */
const MOST_LANES = 1000;

const TAKE = `
  UPDATE jobs SET state = 'processing', attempts = attempts + 1, last_attempt = last_attempt + 1,
    started_at = ?, worker = ?, finished_at = NULL, exit_code = NULL, signal = NULL, error = NULL
  WHERE seq = ? AND held = 0 AND ${mayBecome("processing")}
  RETURNING *, EXISTS (SELECT 1 FROM needy WHERE job = seq) AS needy`;

const BEGIN_ATTEMPT = `
  INSERT INTO attempts (job, attempt, token, supervisor, worker, host, ready_at, started_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

/** Claims the first jobs of all open lanes together. */
export function claim(db: Database, { supervisor, host, now, free, queues }: Claim): Claimed {
  const jobs: ClaimedJob[] = [];
  const take = (seq: number): boolean => {
    const worker = free[jobs.length]!;
    const token = crypto.randomUUID();
    const row = db.get<JobRow & { needy: number }>(TAKE, now, worker, seq)!;
    const stdin = readStdin(db, row);
    const column = unreadableColumn(row) ?? (stdin === undefined ? "stdin" : undefined);
    if (column !== undefined || stdin === undefined) {
      layDown(db, seq, { column: column!, now });
      return false;
    }
    const checkpoint = readCheckpoint(db, row);
    const job = {
      ...toJob(row),
      worker,
      token,
      ...(stdin && { stdin }),
      ...(checkpoint && { checkpoint }),
      ...(row.needy === 1 && { needed: readNeeded(db, seq) }),
    };
    db.run(BEGIN_ATTEMPT, seq, job.lastAttempt, token, supervisor, worker, host, readyAt(job), now);
    jobs.push(job);
    return true;
  };
  for (let looked = 0; jobs.length < free.length;) {
    if (looked >= MOST_LANES) return { jobs, more: true };
    const wanted = free.length - jobs.length;
    const size = Math.max(PAGE, wanted + 1);
    const page = openLanes(db, queues, size);
    if (page.length === 0) break;
    looked += page.length;
    takeFirst(db, page, { wanted, until: page.length < size ? undefined : page.at(-1)!, take });
  }
  return { jobs, more: false };
}

/** What to take from some lanes. */
interface Wanted {
  wanted: number;
  /** What comes after this place may not be next: there are lanes beyond it. */
  until: Place | undefined;
  /** False when it turned out that the job cannot be run. */
  take(seq: number): boolean;
}

/** Takes the first jobs of all these lanes together, and puts the lanes right that it looked into. */
function takeFirst(db: Database, page: readonly Lane[], { wanted, until, take }: Wanted): void {
  const size = page.length === 1 ? wanted + 1 : 2; // the one to take, and where the lane stands then
  const queue = page.map((lane) => new OpenLane(db, lane, size)).reverse();
  const touched = new Set<OpenLane>();
  for (let room = wanted; room > 0;) {
    const lane = queue.pop();
    if (!lane || until && comparePlaces(lane.place, until) > 0) break;
    touched.add(lane);
    const seq = lane.next();
    if (seq !== undefined && take(seq)) room -= 1;
    if (lane.isOpen) insertInOrder(queue, lane);
  }
  for (const lane of touched) lane.putRight();
}

/** The last one comes first. */
function insertInOrder(lanes: OpenLane[], lane: OpenLane): void {
  let [from, to] = [0, lanes.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (comparePlaces(lanes[middle]!.place, lane.place) > 0) from = middle + 1;
    else to = middle;
  }
  lanes.splice(from, 0, lane);
}

const FIRST = `
  SELECT priority, seq FROM jobs
  WHERE state = 'pending' AND queue = ? AND held = 0 ORDER BY priority, seq LIMIT ${GIVEN}`;

/** A lane while jobs are taken from it. What it says of itself is right once it has been looked into. */
class OpenLane {
  readonly #db: Database;
  readonly #queue: string;
  /** How many jobs may still start; undefined before it was looked into. */
  #room: number | undefined;
  readonly #roomOf: () => number;
  /** The next jobs, read in one go; each time twice as many. */
  #ready: Place[] = [];
  #size: number;
  #mayHaveMore = true;
  /** No job of it comes before. */
  place: Place;

  constructor(db: Database, { queue, priority, seq, paused, concurrency }: Lane, size: number) {
    this.#db = db;
    this.#queue = queue;
    this.#size = size;
    this.place = { priority, seq };
    this.#roomOf = () =>
      paused === 1 ? 0 : concurrency === null ? Infinity : concurrency - running(db, queue);
  }

  /** Whether there may be more to take. */
  get isOpen(): boolean {
    return this.#room! > 0 && !this.#isEmpty;
  }

  get #isEmpty(): boolean {
    return this.#ready.length === 0 && !this.#mayHaveMore;
  }

  /** The job at the lane's place, which must be taken; undefined when it turns out that none is there. */
  next(): number | undefined {
    this.#room ??= this.#roomOf();
    if (this.#room <= 0) return undefined;
    if (this.#ready.length === 0) this.#read();
    const first = this.#ready[0];
    if (!first) return undefined;
    if (comparePlaces(first, this.place) > 0) {
      this.place = first;
      return undefined;
    }
    this.#ready.shift();
    this.#room -= 1;
    this.place = this.#ready[0] ?? { priority: first.priority, seq: first.seq + 1 };
    return first.seq;
  }

  #read(): void {
    const limit = this.#size;
    this.#ready = this.#db.all<Place>(FIRST, this.#queue, limit);
    this.#mayHaveMore = this.#ready.length === limit;
    this.#size *= 2;
  }

  putRight(): void {
    putRight(this.#db, this.#queue, this.#isEmpty ? null : { ...this.place, closed: this.#room! <= 0 });
  }
}

const COUNTED = "SELECT n FROM counts WHERE queue = ? AND state = 'processing'";
const THERE = "SELECT count(*) AS n FROM jobs WHERE queue = ? AND state = 'processing'";

function running(db: Database, queue: string): number {
  const n = db.get<{ n: unknown }>(COUNTED, queue)?.n ?? 0;
  return typeof n === "number" && n >= 0 ? n : db.get<{ n: number }>(THERE, queue)!.n; // unreadable
}
