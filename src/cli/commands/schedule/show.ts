/**
 * @module
 * `queuectl schedule show`: all there is to know of a schedule.
 */
import { formatDuration } from "../../../domain/duration.ts";
import type { JobSpec } from "../../../domain/schedule/spec.ts";
import type { Schedule } from "../../../store/contract.ts";
import { timeJson } from "../../../views/job_json.ts";
import { scheduleJson, scheduleRunJson } from "../../../views/schedule_json.ts";
import { upcoming } from "../../../views/scheduling.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { visible } from "../../show/terminal.ts";
import { fromNow, timeOfDay } from "../../show/times.ts";
import { runsTable } from "./history_view.ts";
import { nextOf } from "./list.ts";
import { find, ONE_SCHEDULE } from "./names.ts";
import { nextLines, sayUnlessFired } from "./say_next.ts";

const NEXT = 3;
const RUNS = 10;

export const command: Target = defineCommand({
  brief: "Show a schedule, its next and its last runs",
  examples: [["schedule show nightly", "one schedule"]],
  words: ONE_SCHEDULE,
  async run(context, _flags, [name]) {
    const schedule = await find(context, "show", name!);
    const [runs] = await (await context.store()).scheduleRuns([schedule.name], { limit: RUNS });
    const now = context.clock.now();
    const json = {
      ...scheduleJson(schedule),
      upcoming: upcoming(schedule, now, NEXT).map(timeJson),
      runs: runs!.map(scheduleRunJson),
    };
    context.print.result(json, () => {
      const history = runs!.length === 0 ? "" : `\n\n${runsTable(context.print, runs!, schedule)}`;
      return lines(schedule, now).map(([title, value]) => `${title!.padEnd(10)}${value}`).join("\n") +
        history;
    });
    if (!schedule.paused) await sayUnlessFired(context);
  },
});

function lines(schedule: Schedule, now: number): string[][] {
  const { name, expression, zone, missed, overlap, jitterMs, job, paused, createdAt } = schedule;
  const [first, ...later] = nextLines(schedule, now, NEXT);
  const { command, ...others } = job;
  return [
    ["Schedule", name],
    ["When", `${expression}, in ${zone}`],
    [
      "Next",
      paused
        ? "paused"
        : nextOf(schedule, now).startsWith("overdue")
        ? `${first}, overdue`
        : first ?? "never",
    ],
    ...later.map((line) => ["", line]),
    ["Jitter", jitterMs === 0 ? "" : `up to ${formatDuration(jitterMs)} later`],
    ["Missed", missed],
    ["Overlap", overlap],
    ["Command", visible(String(command))],
    ["Job", visible(sayJob(others))],
    ["Created", `${timeOfDay(createdAt, { utc: false })} (${fromNow(createdAt, now)})`],
  ].filter(([, value]) => value !== "");
}

function sayJob(job: JobSpec): string {
  return Object.entries(job).filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`).join(" ");
}
