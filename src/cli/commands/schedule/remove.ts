/**
 * @module
 * `queuectl schedule remove`: forgets schedules.
 */
import { changeSchedules } from "../../../views/scheduling.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { findAll, SCHEDULES } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Forget a schedule",
  description: "With what became of its slots. Jobs that it has enqueued stay, and run.",
  examples: [["schedule remove nightly", "one schedule"]],
  words: SCHEDULES,
  async run(context, _flags, words) {
    const names = await findAll(context, "remove", words);
    const now = context.clock.now();
    await changeSchedules(await context.store(), { verb: "remove", names, change: () => null, now });
    context.print.result({ removed: names }, () => `Removed ${names.join(", ")}`);
  },
});
