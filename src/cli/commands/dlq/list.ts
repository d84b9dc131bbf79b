/**
 * @module
 * `queuectl dlq list`: the dead jobs.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { PAGE_FLAGS, printPage } from "../list.ts";

export const command: Target = defineCommand({
  brief: "List dead jobs, newest first",
  examples: [["dlq list", "what is dead, and why"], [
    "dlq list --queue mail --json",
    "of one queue, as JSON",
  ]],
  flags: PAGE_FLAGS,
  async run(context, flags) {
    await printPage(context, { ...flags, limit: flags.limit ?? 50, state: "dead" });
  },
});
