/**
 * @module
 * `queuectl queue clear`: removes the waiting jobs of one queue, or of all.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { jobCount } from "../../line/ids.ts";
import { hintAtUnknownQueues } from "../unknown_names.ts";
import { ONE_QUEUE, queueName } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Remove waiting jobs of a queue, or of all queues",
  description: "It does not ask. Jobs that are pending, scheduled or failed go; running and ended ones stay.",
  examples: [["queue clear mail", "of one queue"], ["queue clear", "of all queues"]],
  words: { ...ONE_QUEUE, min: 0 },
  async run(context, _flags, [queue]) {
    const name = queue === undefined ? undefined : queueName(queue);
    if (name !== undefined) await hintAtUnknownQueues(context, [name]);
    const deleted = await (await context.store()).clear(name);
    context.print.result({ deleted }, () => `Deleted ${jobCount(deleted)}`);
  },
});
