/**
 * @module
 * `queuectl limit set`: makes a limit, or changes it.
 */
import { BadInput } from "../../../domain/errors.ts";
import { checkLimitName, type Rate, readAtOnce, readRate } from "../../../domain/limit.ts";
import type { LimitBounds } from "../../../store/contract.ts";
import { limitJson, sayBounds } from "../../../views/limit_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { text, toggle } from "../../line/flags.ts";
import { ONE_LIMIT } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Limit how much runs at once, or begins in how much time",
  description:
    "Jobs name it with --needs, queues with queue set --needs; it holds over all queues, workers and hosts of the store. What " +
    "runs already is counted and goes on. A rate lets no span of its time have more starts, wherever that span begins; a job " +
    "that never began gives its start back.",
  examples: [
    ["limit set api --at-once 5", "at most five at a time"],
    ["limit set api --rate 60/1m", "and at most sixty in any minute"],
    ["limit set api --rate 60/1m --smooth", "a second apart, instead of sixty at once"],
    ["limit set api --at-once none", "only the rate is left"],
    ["limit set db --at-once 0", "nothing that needs it starts"],
  ],
  flags: {
    atOnce: text("N|none", "at most so many units in use; none takes that away"),
    rate: text(
      "N/TIME|none",
      "at most so many units begin in so much time, such as 60/1m or 100/s; none takes that away",
    ),
    smooth: toggle("with --rate: spaced evenly"),
  },
  words: ONE_LIMIT,
  async run(context, { atOnce, rate, smooth }, [name]) {
    checkLimitName(name!);
    const change: Partial<LimitBounds> = {
      ...atOnce !== undefined && { atOnce: atOnce === "none" ? null : readAtOnce(atOnce, "--at-once") },
      ...rate !== undefined && { rate: rateOf(rate, smooth) },
    };
    if (smooth && (rate === undefined || rate === "none")) {
      throw new BadInput("Cannot use --smooth without --rate: it says how starts are spaced");
    }
    if (Object.keys(change).length === 0) {
      throw new BadInput(`Cannot set limit "${name}": give --at-once N, or --rate N/TIME`);
    }
    const store = await context.store();
    await store.setLimit(name!, change);
    const limit = (await store.limit(name!, context.clock.now()))!;
    context.print.result(limitJson(limit), () => `Limit "${name}": ${sayBounds(limit)}`);
  },
});

/** @throws {BadInput} for what is no rate */
export function rateOf(text: string, smooth: boolean): Rate | null {
  return text === "none" ? null : { ...readRate(text, "--rate"), smooth };
}
