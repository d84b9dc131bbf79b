/**
 * @module
 * `queuectl dlq retry`: gives dead jobs another chance.
 */
import { BadInput } from "../../../domain/errors.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { toggle } from "../../line/flags.ts";
import { distinct, IDS, jobCount } from "../../line/ids.ts";

export const command: Target = defineCommand({
  brief: "Run dead jobs again",
  description: "Their attempts are counted afresh; what came before stays in their history.",
  examples: [["dlq retry j1", "one"], ["dlq retry --all", "all of them"]],
  flags: { all: toggle("every dead job") },
  words: { ...IDS, min: 0 },
  async run(context, { all }, words) {
    if (all === words.length > 0) {
      throw new BadInput("Cannot tell which jobs to retry: give ids, or --all alone");
    }
    const now = context.clock.now();
    const ids = distinct(words);
    const retried = all ? await (await context.store()).retryDead(now) : ids.length;
    if (!all) await (await context.store()).retry(ids, { now, only: "dead" });
    context.print.result({ retried }, () => `Queued ${jobCount(retried)} again`);
  },
});
