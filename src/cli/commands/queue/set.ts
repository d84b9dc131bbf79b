/**
 * @module
 * `queuectl queue set`: how many jobs of a queue may run at a time.
 */
import { BadInput } from "../../../domain/errors.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { text } from "../../line/flags.ts";
import { hintAtUnknownQueues } from "../unknown_names.ts";
import { ONE_QUEUE, queueName } from "./names.ts";

const MOST = 1_000_000;

export const command: Target = defineCommand({
  brief: "Limit how many jobs of a queue run at a time",
  description: "Over all workers of the home. Jobs that are running already go on.",
  examples: [
    ["queue set mail --concurrency 2", "at most two at a time"],
    ["queue set mail --concurrency none", "as many as there are workers"],
  ],
  flags: { concurrency: text("N|none", `at most so many, from 1 to ${MOST}; none takes the limit away`) },
  words: ONE_QUEUE,
  async run(context, { concurrency: text }, [queue]) {
    const name = queueName(queue!);
    if (text === undefined) throw new BadInput(`Cannot set queue "${name}": give --concurrency N, or none`);
    const concurrency = parseLimit(text);
    await hintAtUnknownQueues(context, [name]);
    await (await context.store()).setQueue(name, { concurrency });
    context.print.result(
      { name, concurrency },
      () =>
        concurrency === null
          ? `Queue "${name}" has no limit`
          : `Queue "${name}" runs at most ${concurrency} at a time`,
    );
  },
});

function parseLimit(text: string): number | null {
  if (text === "none") return null;
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MOST) return limit;
  throw new BadInput(
    `Cannot use --concurrency "${text}": it takes a whole number from 1 to ${MOST}, or none`,
  );
}
