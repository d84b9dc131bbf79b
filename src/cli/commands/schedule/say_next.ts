/**
 * @module
 * When a schedule comes next, for people, and whether anybody is there to see it.
 */
import { zonedTime } from "../../../domain/schedule/zoned.ts";
import type { Schedule } from "../../../store/contract.ts";
import { someoneFires } from "../../../views/status.ts";
import { upcoming } from "../../../views/scheduling.ts";
import type { Context } from "../../line/context.ts";
import { fromNow } from "../../show/times.ts";

/** The next times, a line each: `2026-11-22 02:00:00 +01:00 (in 3h)`. */
export function nextLines(schedule: Schedule, now: number, most: number): string[] {
  return upcoming(schedule, now, most).map((slot) =>
    `${zonedTime(slot, schedule.zone)} (${fromNow(slot, now)})`
  );
}

/** Says so where nothing will come, since nobody is there who fires it. */
export async function sayUnlessFired(context: Context): Promise<void> {
  if (!context.print.hints) return;
  const now = context.clock.now();
  if (someoneFires(await (await context.store()).workers(), now)) return;
  context.print.hint(
    `No worker is running, so no schedule is fired: start one with ${context.lineOf(["worker", "start"])}`,
  );
}
