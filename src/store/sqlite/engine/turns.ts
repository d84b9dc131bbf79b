/**
 * @module
 * Long work in short transactions. Invariant: nobody else waits longer for the lock than one of them takes, which is
 * measured in time, not in rows. SQLite's lock is not fair: without a pause, whoever waits would never find it free.
 */
import { systemClock } from "../../../system/clock.ts";
import type { Database } from "./database.ts";

/** How long one transaction goes on, its flush aside. */
const TURN_MS = 20;
/**
 * How long others get to take the lock, at least and at most. They try again every few ms (see `Database.patiently`);
 * where the machine is busy later than that, and there it was held for longer, too.
 */
const PAUSE_MS = { least: 5, most: 100 };
/** So much is done whatever the time: what is little is done in one transaction. */
const LEAST = 32;

/** How long, and how many things at least. */
export interface Turn {
  /** In ms. */
  limitMs?: number;
  /** Things done whatever the time. */
  least?: number;
}

/** Says whether there is time for one thing more; to be asked before each. */
export type HasTime = () => boolean;

/** The time of one transaction, from now on. */
export function turn({ limitMs = TURN_MS, least = LEAST }: Turn = {}): HasTime {
  const endMs = systemClock.monotonicMs() + limitMs;
  let done = 0;
  return () => done++ < least || systemClock.monotonicMs() < endMs;
}

/**
 * Does something in one transaction after the other, each of which begins with the state that the one before has left.
 * As long as `more` is true. Returns the last state.
 */
export async function inTurns<State>(
  db: Database,
  state: State,
  work: (db: Database, state: State, hasTime: HasTime) => { state: State; more: boolean },
): Promise<State> {
  while (true) {
    const done = await db.write((db) => work(db, state, turn())); // it may be called twice
    state = done.state;
    if (!done.more) return state;
    await giveWay(db);
  }
}

/** How long one handful takes, about. */
const HANDFUL_MS = 1;
/** And the most things in one: to do more by one statement is no cheaper. */
const MOST = 64;

/**
 * Does something with things from one on, by handfuls, since one statement for many costs a third of one for each.
 * As long as there is time, which is asked before each handful: the first has `least` things, and others as many as take
 * moments, going by the one before, since a thing may be large. Returns which is the next.
 */
export function byHandfuls<T>(
  things: readonly T[],
  from: number,
  work: (some: readonly T[]) => void,
  { limitMs = TURN_MS, least = LEAST }: Turn = {},
): number {
  const startMs = systemClock.monotonicMs();
  let at = from;
  for (let size = least, before = startMs; at < things.length;) {
    const some = things.slice(at, at + size);
    work(some);
    at += some.length;
    const now = systemClock.monotonicMs();
    if (now - startMs >= limitMs) break;
    size = now - before < HANDFUL_MS ? Math.min(size * 2, MOST) : Math.max(size >> 1, 1);
    before = now;
  }
  return at;
}

/** Lets others take the lock, for half as long as the last transaction held it. */
export function giveWay(db: Database): Promise<void> {
  return systemClock.sleep(pauseMs(db));
}

/** The same for who comes back by itself: that waits for what is left of it. */
export function givingWay(db: Database): () => Promise<void> | undefined {
  const endMs = systemClock.monotonicMs() + pauseMs(db);
  return () => {
    const leftMs = endMs - systemClock.monotonicMs();
    return leftMs > 0 ? systemClock.sleep(leftMs) : undefined;
  };
}

function pauseMs({ heldMs }: Database): number {
  return Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, heldMs / 2));
}
