/**
 * @module
 * `queuectl limit remove`: forgets a limit.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { findLimit, ONE_LIMIT } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Remove a limit",
  description:
    "Jobs that need it wait from then on until there is a limit or a worker's thing of that name; those that need it no " +
    "more are told so with edit --needs none.",
  examples: [["limit remove api", "and its name stands for nothing"]],
  words: ONE_LIMIT,
  async run(context, _flags, [name]) {
    const { waiting } = await findLimit(context, "remove", name!);
    await (await context.store()).removeLimit(name!);
    context.print.result({ removed: name }, () => `Removed limit "${name}"`);
    if (waiting > 0) {
      const jobs = waiting === 1 ? "1 pending job needs" : `${waiting} pending jobs need`;
      context.print.hint(`${jobs} "${name}": ${context.lineOf(["limit", "set", name!])} makes it anew`);
    }
  },
});
