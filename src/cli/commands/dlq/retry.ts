/**
 * @module
 * `queuectl dlq retry`: gives dead jobs another chance.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { distinct, IDS, jobCount } from "../../line/ids.ts";
import { byIds, changeMany, printChanged } from "../many/change_many.ts";
import { isFiltered } from "../many/filter_flags.ts";
import { DEAD_FLAGS } from "./flags.ts";

export const command: Target = defineCommand({
  brief: "Run dead jobs again",
  description:
    "Their attempts are counted afresh; what came before stays in their history. With filters they are counted, and it " +
    "asks; --all alone does not.",
  examples: [
    ["dlq retry j1", "one"],
    ["dlq retry --all", "all of them"],
    ["dlq retry --queue mail --error 'exit code 75'", "those of a queue that failed in some way"],
  ],
  flags: DEAD_FLAGS,
  words: { ...IDS, min: 0 },
  async run(context, flags, words) {
    const verb = "retry";
    if (!byIds(verb, words, flags)) {
      const filters = { ...flags, state: "dead" } as const;
      const yes = flags.yes || !isFiltered(flags);
      return printChanged(context, verb, await changeMany(context, { ...flags, verb, filters, yes }));
    }
    const ids = distinct(words);
    await (await context.store()).retry(ids, { now: context.clock.now(), only: "dead" });
    context.print.result({ retried: ids.length }, () => `Queued ${jobCount(ids.length)} again`);
  },
});
