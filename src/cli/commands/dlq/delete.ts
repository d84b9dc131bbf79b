/**
 * @module
 * `queuectl dlq delete`: removes dead jobs.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { IDS, jobCount } from "../../line/ids.ts";
import { givenIds } from "../many/ids_or_filters.ts";
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
    const filters = { ...flags, state: ["dead"] };
    const ids = await givenIds(context, { verb: "delete", words, flags, filters });
    if (!ids) return;
    await (await context.store()).delete(ids, { only: "dead" });
    context.print.result({ deleted: ids }, () => `Deleted ${jobCount(ids.length)}`);
  },
});
