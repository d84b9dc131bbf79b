/**
 * @module
 * `queuectl release`: lets held jobs go.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { IDS, jobCount } from "../line/ids.ts";
import { MANY_FLAGS } from "./many/change_many.ts";
import { givenIds } from "./many/ids_or_filters.ts";

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
    const ids = await givenIds(context, { verb: "release", words, flags });
    if (!ids) return;
    await (await context.store()).hold(ids, false);
    context.print.result({ released: ids }, () => `Released ${jobCount(ids.length)}`);
  },
});
