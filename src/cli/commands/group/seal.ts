/**
 * @module
 * `queuectl group seal`: from now on only its own jobs add to a group, so it can end.
 */
import { defineCommand, type Target } from "../../line/command.ts";
import { findGroup } from "./find.ts";
import { ONE_GROUP } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Let a group end once its jobs have",
  description:
    "Nobody but its own jobs adds to it from then on, unless they say --reopen. What waits for the group starts when all " +
    "its jobs have ended; at once, when they have already.",
  examples: [["group seal album", "there is nothing more to come"]],
  words: ONE_GROUP,
  async run(context, _flags, [name]) {
    await findGroup(context, "seal", name!);
    const store = await context.store();
    await store.sealGroup(name!, context.clock.now());
    const { open, end } = (await store.group(name!))!;
    context.print.result(
      { sealed: name!, state: end, open },
      () =>
        `Sealed group "${name}"` +
        (open > 0 ? `: ${open} of its jobs ${open === 1 ? "is" : "are"} open` : `, which has ended: ${end}`),
    );
  },
});
