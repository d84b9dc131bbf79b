/**
 * @module
 * `queuectl queue delete`.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { ONE_QUEUE, queueName } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Remove a queue that has no jobs, with its switches and figures",
  description:
    "A queue that has had neither jobs nor switches for a day goes by itself. Figures over all queues stay.",
  examples: [["queue delete mail", "and its name is gone"]],
  words: ONE_QUEUE,
  async run(context, _flags, [queue]) {
    const name = queueName(queue!);
    await (await context.store()).deleteQueue(name);
    context.print.result({ deleted: name }, () => `Deleted queue "${name}"`);
  },
});
