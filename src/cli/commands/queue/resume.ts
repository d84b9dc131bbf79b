/**
 * @module
 * `queuectl queue resume`.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { hintAtUnknownQueues } from "../unknown_names.ts";
import { ONE_QUEUE, queueName } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Start jobs of a paused queue again",
  description: "Resuming a queue that is not paused, or not there, changes nothing.",
  examples: [["queue resume mail", "go on"]],
  words: ONE_QUEUE,
  async run(context, _flags, [queue]) {
    const name = queueName(queue!);
    const store = await context.store();
    const isThere = await store.queue(name) !== undefined;
    if (isThere) await store.setQueue(name, { paused: false });
    else await hintAtUnknownQueues(context, [name]);
    context.print.result(
      { name, paused: false },
      () => isThere ? `Resumed queue "${name}"` : `Queue "${name}" is not paused`,
    );
  },
});
