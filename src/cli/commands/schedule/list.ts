/**
 * @module
 * `queuectl schedule list`: schedules with their next and last runs.
 */
import type { Schedule, ScheduleRun } from "../../../store/contract.ts";
import { scheduleJson, scheduleRunJson } from "../../../views/schedule_json.ts";
import { OVERDUE_MS } from "../../../views/status.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { count, text } from "../../line/flags.ts";
import type { Print } from "../../show/print.ts";
import { table } from "../../show/table.ts";
import { fromNow } from "../../show/times.ts";
import { strip } from "./history_view.ts";
import { sayUnlessFired } from "./say_next.ts";

/** So many of the latest runs are shown of each. */
const STRIP = 12;

interface Row {
  schedule: Schedule;
  runs: readonly ScheduleRun[];
}

export const command: Target = defineCommand({
  brief: "List schedules with their next and last runs",
  description:
    "Of the last runs, the newest on the right: ✓ completed, ✗ failed, ▶ runs, … waits, ⊘ was called off, ○ was missed, " +
    "– was skipped since another had not ended, · its job is gone.",
  examples: [["schedule list", "by name"]],
  flags: {
    limit: count({ min: 1, max: 10_000 }, "at most so many (default: 100)"),
    after: text("SCHEDULE", "go on after this one"),
  },
  async run(context, { limit = 100, after }) {
    const store = await context.store();
    const schedules = await store.schedules({ limit, ...after !== undefined && { after } });
    const runs = await store.scheduleRuns(schedules.map(({ name }) => name), { limit: STRIP });
    const rows = schedules.map((schedule, n): Row => ({ schedule, runs: runs[n]! }));
    const now = context.clock.now();
    context.print.result(
      {
        schedules: rows.map(({ schedule, runs: [last] }) => ({
          ...scheduleJson(schedule),
          last: last ? scheduleRunJson(last) : null,
        })),
      },
      () => rows.length === 0 ? "No schedules" : scheduleTable(context.print, rows, now),
    );
    if (rows.length === limit) context.print.hint(`More with --after ${schedules.at(-1)!.name}`);
    if (rows.some(({ schedule }) => !schedule.paused)) await sayUnlessFired(context);
  },
});

function scheduleTable(print: Print, rows: readonly Row[], now: number): string {
  return table<Row>(print, {
    rows,
    columns: [
      { title: "SCHEDULE", value: ({ schedule }) => schedule.name },
      { title: "WHEN", value: ({ schedule }) => schedule.expression },
      { title: "ZONE", value: ({ schedule }) => schedule.zone },
      {
        title: "NEXT",
        value: ({ schedule }) => nextOf(schedule, now),
        paint: ({ schedule }, cell) =>
          schedule.paused || isOverdue(schedule, now) ? print.paint("yellow", cell) : cell,
      },
      { title: "LAST", value: ({ runs: [last] }) => last ? fromNow(last.at, now) : "" },
      { title: "RUNS", value: ({ runs }) => strip(print, runs) },
      { title: "COMMAND", value: ({ schedule }) => String(schedule.job.command) },
    ],
  });
}

export function isOverdue({ next }: Schedule, now: number): boolean {
  return next !== null && next.at < now - OVERDUE_MS;
}

export function nextOf(schedule: Schedule, now: number): string {
  const { paused, next } = schedule;
  if (paused) return "paused";
  if (next === null) return "never";
  return isOverdue(schedule, now) ? `overdue: ${fromNow(next.at, now)}` : fromNow(next.at, now);
}
