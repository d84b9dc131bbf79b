/**
 * @module
 * `queuectl release`: lets held jobs go.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";
import { byIds, changeMany, MANY_FLAGS, printChanged } from "./many/change_many.ts";

export const command: Target = defineCommand({
  brief: "Let held jobs go",
  examples: [
    ["release j1", "let a job start again"],
    ["release j1 j2", "the same for several"],
    ["release --all --yes", "all that are held, without a question"],
  ],
  flags: MANY_FLAGS,
  words: { ...IDS, min: 0 },
  async run(context, flags, words) {
    const verb = "release";
    if (!byIds(verb, words, flags)) {
      return printChanged(context, verb, await changeMany(context, { verb, filters: flags, ...flags }));
    }
    const ids = distinct(words);
    await (await context.store()).hold(ids, false);
    context.print.result({ released: ids }, () => `Released ${jobCount(ids.length)}`);
  },
});
