/**
 * @module
 * `queuectl retry`: runs jobs again.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";
import { byIds, changeMany, MANY_FLAGS, printChanged } from "./many/change_many.ts";

function stayHeld(held: readonly string[]): string {
  return held.length === 0 ? "" : `; held until released: ${held.join(", ")}`;
}

export const command: Target = defineCommand({
  brief: "Run jobs again that have ended or wait for their next attempt",
  description:
    "Their attempts are counted afresh; what came before stays in their history. A held job stays held.",
  examples: [
    ["retry j1", "run a job again, now"],
    ["retry j1 j2", "run several again"],
    ["retry --state failed --queue mail", "all that wait for their next attempt; it counts them and asks"],
  ],
  flags: MANY_FLAGS,
  words: { ...IDS, min: 0 },
  async run(context, flags, words) {
    const verb = "retry";
    if (!byIds(verb, words, flags)) {
      return printChanged(context, verb, await changeMany(context, { verb, filters: flags, ...flags }));
    }
    const ids = distinct(words);
    const held = await (await context.store()).retry(ids, { now: context.clock.now() });
    context.print.result(
      { retried: ids, held },
      () => `Queued ${jobCount(ids.length)} again${stayHeld(held)}`,
    );
  },
});
