/**
 * @module
 * `queuectl group delete`: forgets a group, with its jobs where that is asked for.
 */
import { Refused } from "../../../domain/errors.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { toggle } from "../../line/flags.ts";
import { jobCount } from "../../line/ids.ts";
import { changeMany, SURENESS } from "../many/change_many.ts";
import { findGroup } from "./find.ts";
import { ONE_GROUP } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Forget a group",
  description:
    "It must have no jobs, or --jobs removes them, too, once they are counted and a question is answered; none of them may " +
    "be running, and nothing may wait for the group. A group that has ended goes by itself when its jobs are pruned.",
  examples: [["group delete album --jobs", "with all its jobs"]],
  flags: { jobs: toggle("remove its jobs, too"), ...SURENESS },
  words: ONE_GROUP,
  async run(context, { jobs, yes, dryRun }, [name]) {
    const { name: group, running } = await findGroup(context, "delete", name!);
    const store = await context.store();
    if (jobs && running > 0) {
      throw new Refused(`Cannot delete group "${group}": ${jobCount(running)} of it run; cancel them first`);
    }
    const doing = { verb: "delete", filters: { group }, yes, dryRun } as const;
    const deleted = jobs ? await changeMany(context, doing) : undefined;
    if (dryRun) return;
    await store.deleteGroup(group);
    context.print.result(
      { deleted: group, ...(jobs && { jobs: deleted?.done ?? 0 }) },
      () => `Deleted group "${group}"${deleted ? ` and ${jobCount(deleted.done)}` : ""}`,
    );
  },
});
