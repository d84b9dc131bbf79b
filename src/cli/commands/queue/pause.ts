/**
 * @module
 * `queuectl queue pause`.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { hintAtUnknownQueues } from "../unknown_names.ts";
import { ONE_QUEUE, queueName } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Start no more jobs of a queue",
  description: "Running jobs go on. A queue can be paused before its first job comes.",
  examples: [["queue pause mail", "until it is resumed"]],
  words: ONE_QUEUE,
  async run(context, _flags, [queue]) {
    const name = queueName(queue!);
    await hintAtUnknownQueues(context, [name]);
    await (await context.store()).setQueue(name, { paused: true });
    context.print.result({ name, paused: true }, () => `Paused queue "${name}"`);
  },
});
