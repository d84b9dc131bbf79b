/**
 * @module
 * `queuectl schedule next`: when a schedule comes next.
 */
import { timeJson } from "../../../views/job_json.ts";
import { upcoming } from "../../../views/scheduling.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { count } from "../../line/flags.ts";
import { find, ONE_SCHEDULE } from "./names.ts";
import { nextLines } from "./say_next.ts";

export const command: Target = defineCommand({
  brief: "Show when a schedule comes next",
  description: "By the clock of its zone, without the jitter. Of a paused one, when it would come.",
  examples: [["schedule next nightly", "the next ten times"], [
    "schedule next nightly --count 50",
    "more of them",
  ]],
  flags: { count: count({ min: 1, max: 1000 }, "so many times (default: 10)") },
  words: ONE_SCHEDULE,
  async run(context, { count = 10 }, [name]) {
    const schedule = await find(context, "show", name!);
    const now = context.clock.now();
    context.print.result(
      {
        name: schedule.name,
        paused: schedule.paused,
        upcoming: upcoming(schedule, now, count).map(timeJson),
      },
      () => nextLines(schedule, now, count).join("\n"),
    );
    if (schedule.paused) context.print.hint(`Schedule ${schedule.name} is paused`);
  },
});
