/**
 * @module
 * `queuectl group cancel`: calls off all jobs of a group that have not ended.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { cancel } from "../cancel.ts";
import { SURENESS } from "../many/change_many.ts";
import { findGroup } from "./find.ts";
import { ONE_GROUP } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Call off all jobs of a group that have not ended",
  description: "The same as cancel --group. A running job is ended by its worker.",
  examples: [["group cancel album", "it counts them and asks"]],
  flags: SURENESS,
  words: ONE_GROUP,
  async run(context, flags, [name]) {
    const { name: group } = await findGroup(context, "cancel", name!);
    await cancel(context, [], { ...flags, group });
  },
});
