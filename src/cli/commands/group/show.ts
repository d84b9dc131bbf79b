/**
 * @module
 * `queuectl group show`: how far a group is, and who waits for it.
 */
import type { Group } from "../../../store/contract.ts";
import { doneOf, groupJson, timeLeftMs, totalOf } from "../../../views/group_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { fromNow, rough, timeOfDay } from "../../show/times.ts";
import { findGroup } from "./find.ts";
import { paintEnd } from "./list.ts";
import { ONE_GROUP } from "./names.ts";

/** So many of those that wait for it are named. */
const MOST_NAMED = 20;

export const command: Target = defineCommand({
  brief: "Show how far a group is, and what waits for it",
  examples: [["group show album", "one group"], ["list --group album", "its jobs"]],
  words: ONE_GROUP,
  async run(context, _flags, [name]) {
    const group = await findGroup(context, "show", name!);
    const dependents = await (await context.store()).neededBy({ group: group.name }, MOST_NAMED);
    const now = context.clock.now();
    const json = { ...groupJson(group, now), needed_by: dependents.jobs.map(({ id }) => id) };
    context.print.result(json, () => {
      const named = dependents.jobs.map(({ id, state }) => `${id} (${state})`).join(", ");
      const more = dependents.of - dependents.jobs.length;
      const lines = [
        ["Group", group.name],
        ["State", paintEnd(context.print, group.end, stateOf(group))],
        ["Done", `${doneOf(group)} of ${totalOf(group)}${saidOf(group)}`],
        ["Running", group.running > 0 ? String(group.running) : ""],
        ["Left", leftOf(group, now)],
        ["Stops", group.maxFailures === null ? "" : `once ${group.maxFailures} of its jobs are dead`],
        ["Needed by", named + (more > 0 ? ` and ${more} more` : "")],
        ["Created", `${timeOfDay(group.createdAt, { utc: false })} (${fromNow(group.createdAt, now)})`],
        [
          "Ended",
          group.endedAt === null
            ? ""
            : `${timeOfDay(group.endedAt, { utc: false })} (${fromNow(group.endedAt, now)})`,
        ],
      ];
      return lines.filter(([, value]) => value !== "").map(([title, value]) => `${title!.padEnd(11)}${value}`)
        .join("\n");
    });
  },
});

function stateOf({ end, sealed, open }: Group): string {
  if (end !== "open") return end;
  if (sealed) return "open, sealed";
  return open === 0 ? "open: it ends once it is sealed" : "open: others may add to it until it is sealed";
}

function saidOf({ ended }: Group): string {
  const others = (["dead", "cancelled", "skipped"] as const).filter((state) => ended[state] > 0)
    .map((state) => `${ended[state]} ${state}`);
  return others.length === 0 ? "" : `: ${[`${ended.completed} completed`, ...others].join(", ")}`;
}

function leftOf(group: Group, now: number): string {
  const left = timeLeftMs(group, now);
  return left === null ? "" : `about ${rough(left)}, at the pace so far`;
}
