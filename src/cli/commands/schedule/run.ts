/**
 * @module
 * `queuectl schedule run`: runs a schedule now.
 */
import { runSchedule } from "../../../views/scheduling.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { find, ONE_SCHEDULE } from "./names.ts";
import { defaultsHere } from "./said.ts";
import { sayUnlessFired } from "./say_next.ts";

export const command: Target = defineCommand({
  brief: "Run a schedule now",
  description:
    "Enqueues its job at once, also while another run has not ended, or it is paused, and prints the id. The next run comes " +
    "when it would have come.",
  examples: [["schedule run nightly", "once, now"]],
  words: ONE_SCHEDULE,
  async run(context, _flags, [name]) {
    await find(context, "run", name!);
    const id = await runSchedule(await context.store(), name!, await defaultsHere(context));
    context.print.result({ schedule: name!, id }, () => id);
    await sayUnlessFired(context);
  },
});
