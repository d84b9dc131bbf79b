/**
 * @module
 * `queuectl dlq list`: the dead jobs.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { VIEW_FLAGS, viewOf } from "../list_view.ts";
import { PAGE_FLAGS, printPage } from "../list.ts";

export const command: Target = defineCommand({
  brief: "List dead jobs, newest first",
  examples: [
    ["dlq list", "what is dead, and why"],
    ["dlq list --queue mail --json", "of one queue, as JSON"],
    ["dlq list --error 'exit code 75'", "those that failed in some way"],
  ],
  flags: { ...PAGE_FLAGS, ...VIEW_FLAGS },
  async run(context, { columns, format, utc, ...filter }) {
    const view = await viewOf(context, { columns, format, utc });
    await printPage(context, { ...filter, state: ["dead"] }, view);
  },
});
