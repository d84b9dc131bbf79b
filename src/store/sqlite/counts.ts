/**
 * @module
 * How many jobs are in which queue and state, as the schema's triggers keep it. Everything that must cost the
 * same at ten million jobs as at ten asks here first.
 */
import { type State, STATES, WAITING } from "../../job.ts";
import type { Database } from "./database.ts";
import { sqlList } from "./words.ts";

/** What a worker must know of a queue before it takes jobs from it. */
export interface Lane {
  /** Its name. */
  queue: string;
  /** Nobody may take jobs from it. */
  paused: boolean;
  /** How many jobs may start now: pending and not held, within the queue's concurrency. */
  room: number;
  /** How many jobs wait and are not held. */
  waiting: number;
}

interface LaneRow {
  queue: string;
  ready: number;
  waiting: number;
  running: number;
  paused: number | null;
  concurrency: number | null;
}

const LANES = `
  SELECT c.queue, q.paused, q.concurrency,
    sum(CASE WHEN c.state = 'pending' THEN c.n - c.held ELSE 0 END) AS ready,
    sum(CASE WHEN c.state IN ${sqlList(WAITING)} THEN c.n - c.held ELSE 0 END) AS waiting,
    sum(CASE WHEN c.state = 'processing' THEN c.n ELSE 0 END) AS running
  FROM counts c LEFT JOIN queues q ON q.name = c.queue
  WHERE c.n > 0 AND c.state IN ${sqlList([...WAITING, "processing"])}
  GROUP BY c.queue`;

/** The queues that have anything waiting or running; only the named ones unless `queues` is null. */
export function lanes(db: Database, queues: readonly string[] | null): Lane[] {
  return db.all<LaneRow>(LANES)
    .filter(({ queue }) => queues === null || queues.includes(queue))
    .map(({ queue, ready, waiting, running, paused, concurrency }) => ({
      queue,
      paused: paused === 1,
      room: Math.max(0, Math.min(ready, (concurrency ?? Infinity) - running)),
      waiting,
    }));
}

/** The queues that have jobs in some states, with each of those states. */
export function lanesIn(db: Database, states: readonly State[]): { queue: string; state: State }[] {
  return db.all(`SELECT queue, state FROM counts WHERE state IN ${sqlList(states)} AND n > 0`);
}

/** Counts of a queue with no jobs. */
export function noCounts(): Record<State, number> {
  return Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
}
