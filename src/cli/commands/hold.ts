/**
 * @module
 * `queuectl hold`: keeps waiting jobs from starting.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";

export const command: Target = defineCommand({
  brief: "Keep waiting jobs from starting",
  examples: [["hold j1", "keep a job from starting"], ["hold j1 j2", "the same for several"]],
  words: IDS,
  async run(context, _flags, words) {
    const ids = distinct(words);
    await (await context.store()).hold(ids, true);
    context.print.result({ held: ids }, () => `Held ${jobCount(ids.length)}`);
  },
});
