/**
 * @module
 * `queuectl schedule resume`: lets a paused schedule come again.
 */
import { pauseSchedules } from "../../../views/scheduling.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { findAll, SCHEDULES } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Let a paused schedule come again",
  description: "From its next slot on: those that came while it was paused are not made up for.",
  examples: [["schedule resume nightly", "one schedule"]],
  words: SCHEDULES,
  async run(context, _flags, words) {
    const names = await findAll(context, "resume", words);
    await pauseSchedules(await context.store(), names, { paused: false, now: context.clock.now() });
    context.print.result({ resumed: names }, () => `Resumed ${names.join(", ")}`);
  },
});
