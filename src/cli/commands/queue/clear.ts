/**
 * @module
 * `queuectl queue clear`: removes the waiting jobs of one queue, or of all.
 */
import { WAITING } from "../../../domain/job.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { choices } from "../../line/flags.ts";
import { changeMany, printDeleted, SURENESS } from "../many/change_many.ts";
import { isFiltered, OTHER_FILTERS } from "../many/filter_flags.ts";
import { ONE_QUEUE } from "./names.ts";

const { queue: _, ...FILTERS } = OTHER_FILTERS;

export const command: Target = defineCommand({
  brief: "Remove waiting jobs of a queue, or of all queues",
  description:
    "Jobs that are blocked, pending, scheduled or failed go; running and ended ones stay. To others that wait for them they " +
    "were called off. It asks only where filters say which of them are meant.",
  examples: [
    ["queue clear mail", "of one queue"],
    ["queue clear", "of all queues"],
    ["queue clear mail --older-than 1d", "only those that have waited long"],
  ],
  flags: {
    state: choices(WAITING, "only jobs in this state (may be repeated)"),
    ...FILTERS,
    ...SURENESS,
  },
  words: { ...ONE_QUEUE, min: 0 },
  async run(context, { yes, dryRun, ...flags }, [queue]) {
    const verb = "delete";
    const filters = { ...flags, ...(queue !== undefined && { queue: [queue] }) };
    const doing = { verb, only: WAITING, filters, yes: yes || !isFiltered(flags), dryRun } as const;
    // what runs or has ended is not meant
    printDeleted(context, await changeMany(context, doing));
  },
});
