/**
 * @module
 * `queuectl dlq clear`: removes every dead job.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { changeMany, type Doing, printDeleted } from "../many/change_many.ts";

export const command: Target = defineCommand({
  brief: "Remove all dead jobs",
  description: "It does not ask. To remove some of them, use `dlq delete` with filters.",
  examples: [["dlq clear", "empty the dead letter queue"]],
  async run(context) {
    const doing: Doing = { verb: "delete", filters: { state: ["dead"] }, yes: true, dryRun: false };
    printDeleted(context, await changeMany(context, doing));
  },
});
