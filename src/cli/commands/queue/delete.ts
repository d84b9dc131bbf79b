/**
 * @module
 * `queuectl queue delete`.
 */
import { NoSuch } from "../../../domain/errors.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { queueNames, withOthers } from "../unknown_names.ts";
import { ONE_QUEUE, queueName } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Remove a queue that has no jobs, with its switches and figures",
  description:
    "A queue that has had neither jobs nor switches for a day goes by itself. Figures over all queues stay.",
  examples: [["queue delete mail", "and its name is gone"]],
  words: ONE_QUEUE,
  async run(context, _flags, [queue]) {
    const name = queueName(queue!);
    const store = await context.store();
    await store.deleteQueue(name).catch(async (error) => {
      throw error instanceof NoSuch ? withOthers(error, name, await queueNames(store)) : error;
    });
    context.print.result({ deleted: name }, () => `Deleted queue "${name}"`);
  },
});
