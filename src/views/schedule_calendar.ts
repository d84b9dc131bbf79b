/**
 * @module
 * When schedules come in the time ahead, all together and in order.
 */
import type { Schedule } from "../store/contract.ts";
import { upcoming } from "./scheduling.ts";

/** The time ahead. */
export interface Calendar {
  /** In order. */
  slots: { schedule: string; at: number }[];
  /** Schedules that come too often to be listed slot by slot. */
  often: { schedule: string; expression: string }[];
  /** There are more slots than are listed. */
  cut: boolean;
}

/** What comes more often than this is named alone. */
const MOST_OF_ONE = 48;
/** So many slots are listed. */
const MOST = 1000;

/** The slots of schedules from now on; of paused ones there are none. */
export function calendar(schedules: readonly Schedule[], now: number, aheadMs: number): Calendar {
  const slots: Calendar["slots"] = [];
  const often: Calendar["often"] = [];
  for (const schedule of schedules.filter(({ next }) => next !== null)) {
    const { name, expression } = schedule;
    const own = upcoming(schedule, now, MOST_OF_ONE + 1).filter((slot) => slot < now + aheadMs);
    if (own.length > MOST_OF_ONE) often.push({ schedule: name, expression });
    else slots.push(...own.map((at) => ({ schedule: name, at })));
  }
  slots.sort((a, b) => a.at - b.at);
  return { slots: slots.slice(0, MOST), often, cut: slots.length > MOST };
}
