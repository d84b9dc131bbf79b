/**
 * @module
 * `queuectl queue resume`.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { ONE_QUEUE, queueName } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Start jobs of a paused queue again",
  description: "Resuming a queue that is not paused changes nothing.",
  examples: [["queue resume mail", "go on"]],
  words: ONE_QUEUE,
  async run(context, _flags, [queue]) {
    const name = queueName(queue!);
    await (await context.store()).setQueue(name, { paused: false });
    context.print.result({ name, paused: false }, () => `Resumed queue "${name}"`);
  },
});
