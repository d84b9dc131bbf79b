/**
 * @module
 * `queuectl limit show`: a limit, and how full it is.
 */
import { limitJson, sayBounds, sayStarted, sayWaiting } from "../../../views/limit_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { findLimit, ONE_LIMIT } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Show a limit, what is in use of it, and how many jobs wait",
  examples: [["limit show api", "how full it is"]],
  words: ONE_LIMIT,
  async run(context, _flags, [name]) {
    const limit = await findLimit(context, "show", name!);
    const { used, atOnce } = limit;
    const lines = [
      ["Limit", limit.name],
      ["Lets", sayBounds(limit)],
      ["In use", atOnce === null ? String(used) : `${used} of ${atOnce}`],
      ["Began", sayStarted(limit, context.clock.now())],
      ["Waiting", sayWaiting(limit) || "0"],
    ].filter(([, value]) => value !== "");
    context.print.result(
      limitJson(limit),
      () => lines.map(([title, value]) => `${title!.padEnd(9)}${value}`).join("\n"),
    );
  },
});
