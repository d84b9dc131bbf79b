/**
 * @module
 * Lanes: for every queue with jobs that could be claimed, where in the order of all jobs it stands. However many queues
 * there are, only those at the front are looked at. A lane is the unit of claiming; today a queue is one lane.
 *
 * Invariants, however stale a row may be: a queue with such jobs has a row, and none of them comes before its place; a
 * row is closed only while its queue is paused or at its limit. So whatever gives a lane a job or room must be noted,
 * which triggers do (see `migrations.ts`; new jobs are noted in `enqueue.ts`), and whatever takes from it need not be:
 * who claims looks, and puts right what it finds.
 */
import { RUNNABLE } from "../../domain/job.ts";
import type { AheadOf } from "../contract.ts";
import type { Place } from "../rules/jobs.ts";
import type { QueueRow } from "./claim_run.ts";
import type { Database } from "./engine/database.ts";
import { anyWaitingInSublanes, queuesBefore } from "./open_sublanes.ts";
import { RULES } from "./queue_rules.ts";
import { recountSublanes } from "./recount_sublanes.ts";
import { anyUnlaid, rebuildSublanes } from "./sublanes.ts";
import { GIVEN, sqlList } from "./words.ts";

/** A lane that is not known to be closed, with what must be known before jobs are taken from it. */
export interface Lane extends Place, QueueRow {}

const OPEN = `
  SELECT l.queue, l.priority, l.seq, q.paused, q.concurrency, ${RULES}
  FROM lanes l LEFT JOIN queues q ON q.name = l.queue
  WHERE l.closed = 0`;
const OF_ALL = `${OPEN} ORDER BY l.priority, l.seq LIMIT ${GIVEN}`;
const OF_SOME =
  `${OPEN} AND l.queue IN (SELECT value FROM json_each(?)) ORDER BY l.priority, l.seq LIMIT ${GIVEN}`;

/** The first open lanes in order, at most `limit`; only of the named queues unless `queues` is null. */
export function openLanes(db: Database, queues: readonly string[] | null, limit: number): Lane[] {
  return queues === null ? db.all<Lane>(OF_ALL, limit) : db.all<Lane>(OF_SOME, JSON.stringify(queues), limit);
}

/** Puts a lane right: where it stands now, and whether jobs may be taken from it; null when it has none. */
export function putRight(db: Database, queue: string, now: Place & { closed: boolean } | null): void {
  if (!now) db.run("DELETE FROM lanes WHERE queue = ?", queue);
  else {
    db.run(
      "UPDATE lanes SET priority = ?, seq = ?, closed = ? WHERE queue = ?",
      now.priority,
      now.seq,
      now.closed ? 1 : 0,
      queue,
    );
  }
}

const PAUSED = "(SELECT name FROM queues WHERE paused = 1)";
const READY = "state = 'pending' AND lane = 0 AND held = 0";
const READY_IN_SUBLANES = "state = 'pending' AND lane <> 0 AND held = 0";

const HAS_READY = `EXISTS (SELECT 1 FROM jobs WHERE ${READY} AND queue = l.queue)`;

/** An open lane with jobs. One of a paused queue may still be open; the next claim closes it. */
const READY_IN_OPEN = `
  SELECT 1 FROM lanes l WHERE l.closed = 0 AND ${isNotPaused("l.queue")} AND ${HAS_READY} LIMIT 1`;
/** A closed one with jobs, whose queue is at its limit: of paused queues, however many, only switches are read. */
const READY_AT_LIMIT = `
  SELECT 1 FROM queues q CROSS JOIN lanes l ON l.queue = q.name
  WHERE q.paused = 0 AND q.concurrency IS NOT NULL AND l.closed = 1 AND ${HAS_READY} LIMIT 1`;
/** Of the jobs that come due first; whether one is due later only the counts can tell. */
const DUE_SOON = `
  SELECT 1 FROM (
    SELECT queue FROM jobs WHERE state IN ('scheduled', 'failed') AND held = 0 ORDER BY run_at LIMIT 100) d
  WHERE ${isNotPaused("d.queue")} LIMIT 1`;
const WAITS = `c.n > c.held AND c.state IN ${sqlList(RUNNABLE)} AND ${isNotPaused("c.queue")}`;
const COUNTED = `SELECT 1 FROM counts c WHERE ${WAITS} LIMIT 1`;
const COUNTED_IN = `
  SELECT 1 FROM counts c WHERE c.queue IN (SELECT value FROM json_each(?)) AND ${WAITS} LIMIT 1`;

/** Looks at one queue, where `NOT IN` would gather all that are paused each time. */
function isNotPaused(queue: string): string {
  return `NOT EXISTS (SELECT 1 FROM queues WHERE name = ${queue} AND paused = 1)`;
}

/**
 * Whether jobs wait that are not held, in queues that are not paused; only in the named ones unless `queues` is null.
 * The quick answers come first.
 *
 * @param due whether any queue has jobs that wait for their time
 */
export function anyWaiting(db: Database, queues: readonly string[] | null, due: boolean): boolean {
  if (queues !== null) return db.get(COUNTED_IN, JSON.stringify(queues)) !== undefined;
  if (db.get(READY_IN_OPEN) || db.get(READY_AT_LIMIT)) return true;
  if (anyUnlaid(db) || anyWaitingInSublanes(db)) return true;
  return due && (db.get(DUE_SOON) !== undefined || db.get(COUNTED) !== undefined);
}

const AHEAD = `
  SELECT queue FROM lanes WHERE closed = ? AND (priority, seq) < (?, ?) AND queue NOT IN ${PAUSED}
  ORDER BY priority, seq LIMIT ${GIVEN} OFFSET ${GIVEN}`;
// two ranges of the index: (priority, seq) < (?, ?) would read every job of the same priority
const sooner = (ready: string) =>
  `SELECT 1 FROM jobs WHERE ${ready} AND queue = ? AND priority < ? LIMIT ${GIVEN}`;
const older = (ready: string) =>
  `SELECT 1 FROM jobs WHERE ${ready} AND queue = ? AND priority = ? AND seq < ? LIMIT ${GIVEN}`;
const COUNT_AHEAD = [READY, READY_IN_SUBLANES].map((ready) =>
  `SELECT (SELECT count(*) FROM (${sooner(ready)})) + (SELECT count(*) FROM (${older(ready)})) AS n`
);

/** How many jobs of these queues, as far as they are not paused, come before a place, counted to `limit`. */
export function countAhead(db: Database, { priority, seq }: Place, { queues, limit }: AheadOf): number {
  let count = 0;
  const counted = new Set(queuesBefore(db, { priority, seq }));
  const isMeant = (queue: string) => queues?.includes(queue) !== false;
  const countIn = (queue: string) => {
    for (const sql of COUNT_AHEAD) {
      const room = limit - count;
      count += db.get<{ n: number }>(sql, queue, priority, room, queue, priority, seq, room)!.n;
    }
  };
  for (const queue of counted) {
    if (isMeant(queue)) countIn(queue);
    if (count >= limit) return limit;
  }
  for (const queue of lanesBefore(db, { priority, seq }, limit)) {
    if (isMeant(queue) && !counted.has(queue)) countIn(queue);
    if (count >= limit) return limit;
  }
  return count;
}

/** The queues of the lanes that stand before a place, in pages. Some may stand there without having such a job. */
function* lanesBefore(db: Database, { priority, seq }: Place, size: number): Iterable<string> {
  for (const closed of [0, 1]) {
    for (let offset = 0, length = size; length === size; offset += size) {
      const page = db.all<{ queue: string }>(AHEAD, closed, priority, seq, size, offset);
      for (const { queue } of page) yield queue;
      length = page.length;
    }
  }
}

/** Lanes that stand wrong or are missing, a sentence each. */
export function recountLanes(db: Database): string[] {
  const missing = db.all<{ queue: string }>(
    `SELECT DISTINCT queue FROM jobs WHERE ${READY} AND queue NOT IN (SELECT queue FROM lanes)`,
  ).map(({ queue }) => `Queue "${queue}" has pending jobs, but is in no lane`);
  const late = db.all<{ queue: string }>(
    `SELECT l.queue FROM lanes l WHERE EXISTS (
       SELECT 1 FROM jobs WHERE ${READY} AND queue = l.queue AND priority <= l.priority
         AND (priority, seq) < (l.priority, l.seq))`,
  ).map(({ queue }) => `Queue "${queue}" has pending jobs that come before the place of its lane`);
  const closed = db.all<{ queue: string }>(
    `SELECT l.queue FROM lanes l LEFT JOIN queues q ON q.name = l.queue WHERE l.closed = 1
       AND ifnull(q.paused, 0) = 0
       AND (q.concurrency IS NULL OR q.concurrency > ifnull(
         (SELECT n FROM counts c WHERE c.queue = l.queue AND c.state = 'processing'), 0))`,
  ).map(({ queue }) => `Queue "${queue}" may run jobs, but its lane is closed`);
  return [...missing, ...late, ...closed, ...recountSublanes(db)];
}

/** Finds out anew where all lanes stand. */
export function rebuildLanes(db: Database): void {
  rebuildSublanes(db);
  db.exec(`
    DELETE FROM lanes;
    INSERT INTO lanes (queue, priority, seq)
      SELECT queue, priority, seq FROM jobs JOIN (
        SELECT DISTINCT queue AS lane_of FROM counts WHERE typeof(queue) = 'text') ON seq = (
        SELECT first.seq FROM jobs first
        WHERE first.state = 'pending' AND first.lane = 0 AND first.queue = lane_of AND first.held = 0
        ORDER BY first.priority, first.seq LIMIT 1)`);
}
