/**
 * @module
 * `queuectl hold`: keeps waiting jobs from starting.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";
import { byIds, changeMany, MANY_FLAGS, printChanged } from "./many/change_many.ts";

export const command: Target = defineCommand({
  brief: "Keep waiting jobs from starting",
  examples: [
    ["hold j1", "keep a job from starting"],
    ["hold j1 j2", "the same for several"],
    ["hold --queue mail", "all that wait in a queue; it counts them and asks"],
  ],
  flags: MANY_FLAGS,
  words: { ...IDS, min: 0 },
  async run(context, flags, words) {
    const verb = "hold";
    if (!byIds(verb, words, flags)) {
      return printChanged(context, verb, await changeMany(context, { verb, filters: flags, ...flags }));
    }
    const ids = distinct(words);
    await (await context.store()).hold(ids, true);
    context.print.result({ held: ids }, () => `Held ${jobCount(ids.length)}`);
  },
});
