/**
 * @module
 * `queuectl release`: lets held jobs go.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";

export const command: Target = defineCommand({
  brief: "Let held jobs go",
  examples: [["release j1", "let a job start again"], ["release j1 j2", "the same for several"]],
  words: IDS,
  async run(context, _flags, words) {
    const ids = distinct(words);
    await (await context.store()).hold(ids, false);
    context.print.result({ released: ids }, () => `Released ${jobCount(ids.length)}`);
  },
});
