/**
 * @module
 * `queuectl retry`: runs jobs again.
 */
import { defineCommand, type Target } from "./command.ts";
import { distinct, IDS, jobCount } from "./ids.ts";

/** The command. */
export const command: Target = defineCommand({
  brief: "Run jobs again that have ended or wait for their next attempt",
  description: "Their attempts are counted afresh; what came before stays in their history.",
  examples: [["retry j1", "run a job again, now"], ["retry j1 j2", "run several again"]],
  words: IDS,
  async run(context, _flags, words) {
    const ids = distinct(words);
    await (await context.store()).retry(ids, { now: context.clock.now() });
    context.print.result({ retried: ids }, () => `Queued ${jobCount(ids.length)} again`);
  },
});
