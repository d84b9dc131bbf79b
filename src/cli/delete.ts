/**
 * @module
 * `queuectl delete`: removes jobs.
 */
import { defineCommand } from "./command.ts";

/** The command. */
export const command = defineCommand({
  brief: "Remove jobs with their attempts and output",
  description: "A job that is running has to be cancelled first. All of the given jobs are removed, or none.",
  examples: [["delete job-123", "remove one job"], ["delete j1 j2 j3", "remove several"]],
  words: { placeholder: "ID", brief: "the jobs", min: 1 },
  async run(context, _flags, ids) {
    const store = await context.store();
    await store.delete(ids);
    context.print.result({ deleted: ids }, () => `Deleted ${ids.join(", ")}`);
  },
});
