/**
 * @module
 * What becomes of the slots that have come: which of them run, which are left out, and which is next. Pure. Invariant: it
 * takes as long after a month as after an hour, since what lies between is not gone through but for a count that ends.
 */
import type { Pattern } from "./cron.ts";
import { jitterOf } from "./jitter.ts";

/** What becomes of slots that nobody was there for: the newest runs, none, or all of them. */
export const MISSED = ["once", "skip", "all"] as const;

/** What becomes of slots that nobody was there for. */
export type Missed = typeof MISSED[number];

/** What is later than this was missed. */
export const LATE_MS = 60_000;
/** With `all`, so many run at most. */
export const MOST_CAUGHT_UP = 100;
/** What was left out is counted so far. */
export const MOST_COUNTED = 1000;

/** A schedule as far as it matters here. */
export interface Coming {
  /** Of which jitter is made. */
  name: string;
  /** What becomes of missed slots. */
  missed: Missed;
  /** Each run comes later by up to so much. */
  jitterMs: number;
  /** The first slot of which nothing is decided, in ms since the epoch. */
  nextSlot: number;
}

/** A slot, and when it is due: later by the jitter. */
export interface Due {
  /** In ms since the epoch. */
  slot: number;
  /** The same. */
  at: number;
}

/** Slots that were missed and do not run. */
export interface LeftOut {
  /** The first. */
  from: number;
  /** The last. */
  until: number;
  /** How many; null is more than `MOST_COUNTED`. */
  count: number | null;
}

/** What has come. */
export interface Arrived {
  /** What runs, oldest first. */
  runs: { slot: number; late: boolean }[];
  /** What does not; null where nothing was left out. */
  left: LeftOut | null;
  /** Null when it never comes again. */
  next: Due | null;
}

/** When a slot is due. */
export function dueOf(slot: number, { name, jitterMs }: Pick<Coming, "name" | "jitterMs">): Due {
  return { slot, at: slot + jitterOf(name, slot, jitterMs) };
}

/** Decides all slots that are due. Where one is due on time, it makes up for those that were missed before, unless all run. */
export function arrived(schedule: Coming, slots: Pattern, now: number): Arrived {
  const { nextSlot, missed, jitterMs } = schedule;
  const edge = now - LATE_MS - jitterMs - 1; // up to here all were missed
  const recent: Due[] = [];
  let next: Due | null = null;
  for (let slot = nextSlot > edge ? nextSlot : slots.next(edge); slot !== null; slot = slots.next(slot)) {
    const due = dueOf(slot, schedule);
    if (due.at > now) {
      next = due;
      break;
    }
    recent.push(due);
  }
  const late = recent.filter(({ at }) => at < now - LATE_MS).map(({ slot }) => slot);
  const timely = recent.filter(({ at }) => at >= now - LATE_MS).map(({ slot }) => slot);
  const most = missed === "all" ? MOST_CAUGHT_UP : missed === "once" && timely.length === 0 ? 1 : 0;
  const caughtUp = nextSlot > edge ? newest(late, most) : newest([
    ...slots.previous(edge + 1, most).filter((slot) => slot >= nextSlot).reverse(),
    ...late,
  ], most);
  const runs = [
    ...caughtUp.map((slot) => ({ slot, late: true })),
    ...timely.map((slot) => ({ slot, late: false })),
  ];
  const before = caughtUp[0] ?? timely[0] ?? next?.slot ?? now + 1;
  return { runs, left: leftOut(slots, nextSlot, before), next };
}

function newest(slots: readonly number[], most: number): number[] {
  return most === 0 ? [] : slots.slice(-most);
}

/** What lies between the first slot and another. */
function leftOut(slots: Pattern, from: number, before: number): LeftOut | null {
  if (from >= before) return null;
  let count = 0;
  for (let slot: number | null = from; slot !== null && slot < before; slot = slots.next(slot)) {
    count += 1;
    if (count > MOST_COUNTED) break;
  }
  return { from, until: slots.previous(before, 1)[0] ?? from, count: count > MOST_COUNTED ? null : count };
}
