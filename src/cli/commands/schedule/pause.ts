/**
 * @module
 * `queuectl schedule pause`: lets a schedule stand still.
 */
import { pauseSchedules } from "../../../views/scheduling.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { findAll, SCHEDULES } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Let a schedule stand still",
  description: "None of its slots comes, and none of them counts as missed; what is enqueued already runs.",
  examples: [["schedule pause nightly", "one schedule"]],
  words: SCHEDULES,
  async run(context, _flags, words) {
    const names = await findAll(context, "pause", words);
    await pauseSchedules(await context.store(), names, { paused: true, now: context.clock.now() });
    context.print.result({ paused: names }, () => `Paused ${names.join(", ")}`);
  },
});
