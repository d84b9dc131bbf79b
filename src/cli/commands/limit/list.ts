/**
 * @module
 * `queuectl limit list`: limits, and how full they are.
 */
import type { Limit } from "../../../store/contract.ts";
import { limitJson, sayBounds, sayStarted, sayWaiting } from "../../../views/limit_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { table } from "../../show/table.ts";

export const command: Target = defineCommand({
  brief: "List limits with what is in use of them, and how many jobs wait",
  examples: [["limit list", "every limit"], ["limit list --json", "the same for a program"]],
  async run(context) {
    const now = context.clock.now();
    const limits = await (await context.store()).limits(now);
    context.print.result(
      { limits: limits.map(limitJson) },
      () =>
        limits.length === 0 ? "No limits: set one with queuectl limit set" : table<Limit>(context.print, {
          rows: limits,
          columns: [
            { title: "LIMIT", value: ({ name }) => name },
            { title: "LETS", value: sayBounds },
            {
              title: "IN USE",
              value: ({ used, atOnce }) => atOnce === null ? used || "" : `${used} of ${atOnce}`,
              align: "right",
            },
            { title: "BEGAN", value: (limit) => sayStarted(limit, now) },
            { title: "WAITING", value: sayWaiting, align: "right" },
          ],
        }),
    );
  },
});
