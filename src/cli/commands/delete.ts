/**
 * @module
 * `queuectl delete`: removes jobs.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";

export const command: Target = defineCommand({
  brief: "Remove jobs with their attempts and output",
  description: "A job that is running has to be cancelled first. All of the jobs are removed, or none.",
  examples: [["delete job-123", "remove one job"], ["delete j1 j2 j3", "remove several"]],
  words: IDS,
  async run(context, _flags, words) {
    const ids = distinct(words);
    await (await context.store()).delete(ids);
    context.print.result({ deleted: ids }, () => `Deleted ${jobCount(ids.length)}`);
  },
});
