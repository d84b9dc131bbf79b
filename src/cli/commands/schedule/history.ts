/**
 * @module
 * `queuectl schedule history`: what became of the slots of a schedule.
 */
import { scheduleRunJson } from "../../../views/schedule_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { count } from "../../line/flags.ts";
import { runsTable } from "./history_view.ts";
import { find, ONE_SCHEDULE } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Show what became of the runs of a schedule",
  description:
    "The latest first; 200 are kept. On time, late where nobody was there in time, manual where a person ran it; missed and " +
    "skipped ones in a row are one line.",
  examples: [["schedule history nightly", "the latest"], [
    "schedule history nightly --limit 200",
    "all that is kept",
  ]],
  flags: { limit: count({ min: 1, max: 1000 }, "at most so many (default: 20)") },
  words: ONE_SCHEDULE,
  async run(context, { limit = 20 }, [name]) {
    const schedule = await find(context, "show", name!);
    const [runs] = await (await context.store()).scheduleRuns([schedule.name], { limit });
    context.print.result(
      { name: schedule.name, runs: runs!.map(scheduleRunJson) },
      () => runs!.length === 0 ? "No runs yet" : runsTable(context.print, runs!, schedule),
    );
  },
});
