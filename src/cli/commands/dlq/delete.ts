/**
 * @module
 * `queuectl dlq delete`: removes dead jobs.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { distinct, IDS, jobCount } from "../../line/ids.ts";
import { byIds, changeMany, printChanged } from "../many/change_many.ts";
import { DEAD_FLAGS } from "./flags.ts";

export const command: Target = defineCommand({
  brief: "Remove dead jobs",
  description: "With filters they are counted, and it asks; `dlq clear` removes all of them and does not.",
  examples: [
    ["dlq delete j1", "one"],
    ["dlq delete j1 j2", "several"],
    ["dlq delete --older-than 30d --yes", "all that were enqueued long ago, without a question"],
  ],
  flags: DEAD_FLAGS,
  words: { ...IDS, min: 0 },
  async run(context, flags, words) {
    const verb = "delete";
    if (!byIds(verb, words, flags)) {
      const filters = { ...flags, state: "dead" } as const;
      return printChanged(context, verb, await changeMany(context, { verb, filters, ...flags }));
    }
    const ids = distinct(words);
    await (await context.store()).delete(ids, { only: "dead" });
    context.print.result({ deleted: ids }, () => `Deleted ${jobCount(ids.length)}`);
  },
});
