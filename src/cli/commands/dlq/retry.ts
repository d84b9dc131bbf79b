/**
 * @module
 * `queuectl dlq retry`: gives dead jobs another chance.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { IDS, jobCount } from "../../line/ids.ts";
import { isFiltered } from "../many/filter_flags.ts";
import { givenIds } from "../many/ids_or_filters.ts";
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
    const filters = { ...flags, state: ["dead"] };
    const sure = { ...flags, yes: flags.yes || !isFiltered(flags) };
    const ids = await givenIds(context, { verb: "retry", words, flags: sure, filters });
    if (!ids) return;
    await (await context.store()).retry(ids, { now: context.clock.now(), only: "dead" });
    context.print.result({ retried: ids.length }, () => `Queued ${jobCount(ids.length)} again`);
  },
});
