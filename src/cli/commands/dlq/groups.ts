/**
 * @module
 * `queuectl dlq groups`: dead jobs by what they died of.
 */
import { type DeadGroupJson, deadGroupsNow } from "../../../views/dead_groups.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { count } from "../../line/flags.ts";
import type { Print } from "../../show/print.ts";
import { table } from "../../show/table.ts";
import { fromNow } from "../../show/times.ts";
import { OTHER_FILTERS, queuesOf } from "../many/filter_flags.ts";

export const command: Target = defineCommand({
  brief: "Count dead jobs by what they died of",
  description:
    "That is the last line of their stderr, without numbers, ids, paths and times; or their error where they printed " +
    "nothing, or it explains itself. `dlq list`, `dlq retry` and `dlq delete` take it with --died-of.",
  examples: [
    ["dlq groups", "the largest first"],
    ["dlq retry --queue mail --died-of 'no mailbox N'", "give all of a group another chance"],
  ],
  flags: {
    queue: OTHER_FILTERS.queue,
    limit: count({ min: 1, max: 10_000 }, "at most so many groups (default: 20)"),
  },
  async run(context, { queue, limit = 20 }) {
    const now = context.clock.now();
    const which = { now, limit, queues: queue && queuesOf(queue) };
    const found = await deadGroupsNow(await context.store(), which);
    context.print.result(
      found,
      () => found.total === 0 ? "No dead jobs" : groupTable(context.print, found.groups, now),
    );
    if (found.more_groups > 0) {
      context.print.hint(
        `${found.more_groups === 1 ? "1 more group" : `${found.more_groups} more groups`} with --limit`,
      );
    }
  },
});

function groupTable(print: Print, groups: readonly DeadGroupJson[], now: number): string {
  const ago = (time: string | null) => time === null ? "" : fromNow(Date.parse(time), now);
  return table<DeadGroupJson>(print, {
    rows: groups,
    columns: [
      { title: "JOBS", value: ({ count }) => count, align: "right" },
      { title: "QUEUE", value: ({ queue }) => queue },
      { title: "FIRST", value: ({ first_at }) => ago(first_at) },
      { title: "LAST", value: ({ last_at }) => ago(last_at) },
      { title: "DIED OF", value: ({ died_of }) => died_of },
    ],
  });
}
