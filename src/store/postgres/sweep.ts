/**
 * @module
 * What is done to all jobs of some kind: to those that are there when it begins, some at a time, so that nobody waits for
 * long who wants the same ones. Each is done as a whole; who is interrupted has done it to some of them.
 */
import { type State, WAITING } from "../../domain/job.ts";
import type { Database } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";
import { letGo, type LockedJob, lockJobs } from "./locked_jobs.ts";
import { removal, RETRY } from "./manage.ts";

/** Starts every dead job afresh. Returns how many. */
export function retryDead(db: Database, now: number): Promise<number> {
  return sweep(db, { states: ["dead"] }, {
    act: (job) => job.state = "pending",
    store: (seqs) => [{ sql: RETRY, values: [seqs, now] }],
  });
}

/** Removes every dead job. Returns how many. */
export function deleteDead(db: Database): Promise<number> {
  return sweep(db, { states: ["dead"] }, REMOVE);
}

/** Removes every waiting job, of one queue or of all. Returns how many. */
export function clear(db: Database, queue?: string): Promise<number> {
  return sweep(db, { states: WAITING, queue }, REMOVE);
}

interface Act {
  act(job: LockedJob): void;
  store(seqs: readonly number[]): Statement[];
}

const REMOVE: Act = { act: (job) => job.gone = true, store: removal };

/** Jobs in one transaction. */
const AT_ONCE = 500;
const SECTIONS = `
  SELECT queue, state FROM queuectl.counts WHERE state = ANY ($1::text[]) AND ($2::text IS NULL OR queue = $2)
  GROUP BY queue, state HAVING sum(n) > 0`;
const LAST = "SELECT max(seq) AS seq FROM queuectl.jobs";
/** The end of the next part; NULL when there is none. */
const NEXT = `
  SELECT max(seq) AS seq FROM (
    SELECT seq FROM queuectl.jobs WHERE queue = $1 AND state = $2 AND seq > $3 AND seq <= $4
    ORDER BY seq LIMIT ${AT_ONCE}) part`;

/** Does something to each job in one of the states. Returns to how many. */
async function sweep(
  db: Database,
  { states, queue }: { states: readonly State[]; queue?: string },
  { act, store }: Act,
): Promise<number> {
  const last = (await db.get<{ seq: number | null }>(LAST))!.seq ?? 0;
  const sections = await db.read<{ queue: string; state: State }>(SECTIONS, states, queue ?? null);
  let done = 0;
  for (const { queue, state } of sections) {
    for (let after = 0;;) {
      const to = (await db.get<{ seq: number | null }>(NEXT, queue, state, after, last))!.seq;
      if (to === null) break;
      const which = "j.queue = $1 AND j.state = $2 AND j.seq > $3 AND j.seq <= $4";
      done += await db.transaction(async (tx) => {
        const jobs = await lockJobs(tx, which, queue, state, after, to);
        const wanted = jobs.filter((job) => job.state === state); // not those that run
        for (const job of wanted) act(job);
        await tx.commit([...store(wanted.map(({ row }) => row.seq)), ...letGo(jobs)]);
        return wanted.length;
      });
      after = to;
    }
  }
  return done;
}
