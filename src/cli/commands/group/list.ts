/**
 * @module
 * `queuectl group list`: groups with how far they are.
 */
import type { Group, GroupEnd } from "../../../store/contract.ts";
import { doneOf, groupJson, timeLeftMs, totalOf } from "../../../views/group_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { count, text, toggle } from "../../line/flags.ts";
import { STATE_COLOUR } from "../../show/job_table.ts";
import type { Print } from "../../show/print.ts";
import { table } from "../../show/table.ts";
import { rough } from "../../show/times.ts";
import { groupName } from "./names.ts";

export const command: Target = defineCommand({
  brief: "List groups with how far they are, newest first",
  examples: [["group list", "the latest"], ["group list --open", "those that have not ended"]],
  flags: {
    open: toggle("only groups that have not ended"),
    limit: count({ min: 1, max: 10_000 }, "at most so many (default: 50)"),
    after: text("GROUP", "go on after this group"),
  },
  async run(context, { open, limit = 50, after }) {
    const store = await context.store();
    const groups = await store.groups({ open, limit, ...after !== undefined && { after: groupName(after) } });
    const now = context.clock.now();
    context.print.result(
      { groups: groups.map((group) => groupJson(group, now)) },
      () => groups.length === 0 ? "No groups" : groupTable(context.print, groups, now),
    );
    const last = groups.at(-1);
    if (last && groups.length === limit) context.print.hint(`More with --after ${last.name}`);
  },
});

const COLOUR = {
  open: STATE_COLOUR.processing,
  completed: STATE_COLOUR.completed,
  failed: STATE_COLOUR.dead,
  cancelled: STATE_COLOUR.cancelled,
} as const;

/** How a group is, in its colour. */
export function paintEnd(print: Print, end: GroupEnd, text: string): string {
  return print.paint(COLOUR[end], text);
}

function groupTable(print: Print, groups: readonly Group[], now: number): string {
  return table<Group>(print, {
    rows: groups,
    columns: [
      { title: "GROUP", value: ({ name }) => name },
      { title: "STATE", value: ({ end }) => end, paint: ({ end }, cell) => paintEnd(print, end, cell) },
      { title: "SEALED", value: ({ sealed }) => sealed ? "sealed" : "" },
      { title: "DONE", value: (group) => `${doneOf(group)}/${totalOf(group)}`, align: "right" },
      { title: "RUNNING", short: "RUN", value: ({ running }) => running || "", align: "right" },
      { title: "DEAD", value: ({ ended }) => ended.dead || "", align: "right" },
      { title: "CANCELLED", short: "CANC", value: ({ ended }) => ended.cancelled || "", align: "right" },
      { title: "SKIPPED", short: "SKIP", value: ({ ended }) => ended.skipped || "", align: "right" },
      {
        title: "LEFT",
        value: (group) => {
          const left = timeLeftMs(group, now);
          return left === null ? "" : `about ${rough(left)}`;
        },
      },
      {
        title: "CREATED",
        value: ({ createdAt }) => `${rough(Math.max(0, now - createdAt))} ago`,
      },
    ],
  });
}
