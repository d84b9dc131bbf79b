/**
 * @module
 * `queuectl group retry`: runs those jobs of a group again that did not complete.
 */
import { UNCOMPLETED } from "../../../domain/job.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { changeMany, printChanged, SURENESS } from "../many/change_many.ts";
import { findGroup } from "./find.ts";
import { ONE_GROUP } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Run the jobs of a group again that did not complete",
  description:
    "Those that are dead, cancelled or wait for another attempt. What was skipped because of them waits again by itself, and " +
    "so does what waits for the group and has not started.",
  examples: [["group retry album", "it counts them and asks"]],
  flags: SURENESS,
  words: ONE_GROUP,
  async run(context, { yes, dryRun }, [name]) {
    const { name: group } = await findGroup(context, "retry", name!);
    const changed = await changeMany(context, {
      verb: "retry",
      only: UNCOMPLETED,
      filters: { group },
      yes,
      dryRun,
    });
    // completed ones are not passed over: they were not meant
    printChanged(context, "retry", changed && { ...changed, passedOver: 0 });
  },
});
