/**
 * @module
 * `queuectl retry`: runs jobs again.
 */
import { BadInput } from "../../domain/errors.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { toggle } from "../line/flags.ts";
import { IDS, jobCount } from "../line/ids.ts";
import { type Stay, whereNeedsHave } from "../../views/retried.ts";
import { MANY_FLAGS } from "./many/change_many.ts";
import { byFilters, givenIds } from "./many/ids_or_filters.ts";

function staying(stay: Stay): string {
  const { held, blocked, skipped } = stay;
  const sentences = [
    ...(held.length > 0 ? [`held until released: ${held.join(", ")}`] : []),
    ...(blocked.length > 0 ? [`blocked until what they need has come: ${blocked.join(", ")}`] : []),
    ...(skipped.length > 0
      ? [`skipped, since what they need can no longer come: ${skipped.join(", ")} (--ignore-needs runs them)`]
      : []),
  ];
  return sentences.map((sentence) => `; ${sentence}`).join("");
}

export const command: Target = defineCommand({
  brief: "Run jobs again that have ended or wait for their next attempt",
  description:
    "Their attempts are counted afresh; what came before stays in their history. A held job stays held. Jobs that need " +
    "them and have not started wait for them again.",
  examples: [
    ["retry j1", "run a job again, now"],
    ["retry j1 j2", "run several again"],
    ["retry --state failed --queue mail", "all that wait for their next attempt; it counts them and asks"],
  ],
  flags: {
    ...MANY_FLAGS,
    withDependents: toggle("those that need them run again, too, once what they need has come"),
    ignoreNeeds: toggle("blocked and skipped ones, too: they start whatever they need"),
  },
  words: { ...IDS, min: 0 },
  async run(context, flags, words) {
    const { withDependents, ignoreNeeds } = flags;
    if (words.length === 0 && byFilters(flags) && (withDependents || ignoreNeeds)) {
      throw new BadInput("Cannot use --with-dependents or --ignore-needs with filters: give ids");
    }
    const ids = await givenIds(context, { verb: "retry", words, flags });
    if (!ids) return;
    const store = await context.store();
    const held = await store.retry(ids, {
      now: context.clock.now(),
      ignoreNeeds,
      withDependents,
    });
    const { blocked, skipped } = await whereNeedsHave(store, ids);
    context.print.result(
      { retried: ids, held, ...(blocked.length > 0 && { blocked }), ...(skipped.length > 0 && { skipped }) },
      () => `Queued ${jobCount(ids.length)} again${staying({ held, blocked, skipped })}`,
    );
  },
});
