/**
 * @module
 * `queuectl dlq clear`: removes every dead job.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { jobCount } from "../../line/ids.ts";

export const command: Target = defineCommand({
  brief: "Remove all dead jobs",
  description: "It does not ask.",
  examples: [["dlq clear", "empty the dead letter queue"]],
  async run(context) {
    const deleted = await (await context.store()).deleteDead();
    context.print.result({ deleted }, () => `Deleted ${jobCount(deleted)}`);
  },
});
