/**
 * @module
 * `queuectl dlq delete`: removes dead jobs.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { distinct, IDS, jobCount } from "../../line/ids.ts";

export const command: Target = defineCommand({
  brief: "Remove dead jobs",
  examples: [["dlq delete j1", "one"], ["dlq delete j1 j2", "several"]],
  words: IDS,
  async run(context, _flags, words) {
    const ids = distinct(words);
    await (await context.store()).delete(ids, { only: "dead" });
    context.print.result({ deleted: ids }, () => `Deleted ${jobCount(ids.length)}`);
  },
});
