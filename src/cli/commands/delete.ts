/**
 * @module
 * `queuectl delete`: removes jobs.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { toggle } from "../line/flags.ts";
import { IDS, jobCount } from "../line/ids.ts";
import { MANY_FLAGS } from "./many/change_many.ts";
import { givenIds } from "./many/ids_or_filters.ts";

export const command: Target = defineCommand({
  brief: "Remove jobs with their attempts and output",
  description:
    "A job that is running has to be cancelled first. Of jobs given by their ids all are removed, or none; one that others " +
    "wait for goes with --force alone. With filters they are counted, and it asks: what others wait for goes, too; to them " +
    "it was called off.",
  examples: [
    ["delete job-123", "remove one job"],
    ["delete j1 j2 j3", "remove several"],
    ["delete --state completed --older-than 7d --yes", "all of a kind, without a question"],
    ["delete --queue mail --dry-run", "only print the ids of those that would go"],
  ],
  flags: { ...MANY_FLAGS, force: toggle("also what others wait for: to them it was called off") },
  words: { ...IDS, min: 0 },
  async run(context, flags, words) {
    const ids = await givenIds(context, { verb: "delete", words, flags });
    if (!ids) return;
    await (await context.store()).delete(ids, { force: flags.force });
    context.print.result({ deleted: ids }, () => `Deleted ${jobCount(ids.length)}`);
  },
});
