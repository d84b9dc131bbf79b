/**
 * @module
 * What is done to all jobs of some kind: to those that are there when it begins, a few at a time, so that others get
 * their turn. Each is done as a whole; who is interrupted has done it to some of them.
 */
import { type State, WAITING } from "../../domain/job.ts";
import { sectionsIn } from "./counts.ts";
import type { Database } from "./engine/database.ts";
import { inTurns } from "./engine/turns.ts";
import { RETRY } from "./manage.ts";

/** Starts every dead job afresh. Returns how many. */
export function retryDead(db: Database, now: number): Promise<number> {
  return sweep(db, { states: ["dead"] }, (seq) => db.run(RETRY, now, seq));
}

/** Removes every dead job. Returns how many. */
export function deleteDead(db: Database): Promise<number> {
  return sweep(db, { states: ["dead"] }, (seq) => db.run(DELETE, seq));
}

/** Removes every waiting job, of one queue or of all. Returns how many. */
export function clear(db: Database, queue?: string): Promise<number> {
  return sweep(db, { states: WAITING, queue }, (seq) => db.run(DELETE, seq));
}

const DELETE = "DELETE FROM jobs WHERE seq = ?";

/** Rows that are looked for at a time. */
const LOOK = 500;
const NEXT = `
  SELECT seq FROM jobs WHERE queue = ? AND state = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ${LOOK}`;
const LAST = "SELECT max(seq) AS seq FROM jobs";

/** Does something to each job in one of the states; it returns how many rows that changed. */
async function sweep(
  db: Database,
  { states, queue }: { states: readonly State[]; queue?: string },
  act: (seq: number) => number,
): Promise<number> {
  const { sections, last } = await db.read((db) => ({
    sections: sectionsIn(db, states).filter((section) => queue === undefined || section.queue === queue),
    last: db.get<{ seq: number | null }>(LAST)!.seq ?? 0,
  }));
  const end = await inTurns(db, { at: 0, after: 0, done: 0 }, (db, { at, after, done }, hasTime) => {
    for (; at < sections.length; at += 1, after = 0) {
      const { queue, state } = sections[at]!;
      while (true) {
        const found = db.all<{ seq: number }>(NEXT, queue, state, after, last);
        if (found.length === 0) break;
        for (const { seq } of found) {
          if (!hasTime()) return { state: { at, after, done }, more: true };
          done += act(seq);
          after = seq;
        }
      }
    }
    return { state: { at, after, done }, more: false };
  });
  return end.done;
}
