/**
 * @module
 * `queuectl hold`: keeps waiting jobs from starting.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { IDS, jobCount } from "../line/ids.ts";
import { MANY_FLAGS } from "./many/change_many.ts";
import { givenIds } from "./many/ids_or_filters.ts";

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
    const ids = await givenIds(context, { verb: "hold", words, flags });
    if (!ids) return;
    await (await context.store()).hold(ids, true);
    context.print.result({ held: ids }, () => `Held ${jobCount(ids.length)}`);
  },
});
