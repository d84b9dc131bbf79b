/**
 * @module
 * `queuectl cancel`: calls jobs off, waiting or running.
 */
import { defineCommand, type Target } from "./command.ts";
import { distinct, IDS, jobCount } from "./ids.ts";

/** The command. */
export const command: Target = defineCommand({
  brief: "Call off jobs, also running ones",
  description:
    "A running job is ended by its worker: SIGTERM to all of its processes, SIGKILL after kill_grace.",
  examples: [["cancel j1", "call off one job"], ["cancel j1 j2", "call off several"]],
  words: IDS,
  async run(context, _flags, words) {
    const { cancelled, requested } = await (await context.store()).cancel(
      distinct(words),
      context.clock.now(),
    );
    context.print.result({ cancelled, requested }, () =>
      [
        ...(cancelled > 0 ? [`Cancelled ${jobCount(cancelled)}`] : []),
        ...(requested > 0 ? [`Told the worker to end ${jobCount(requested)}`] : []),
      ].join("\n"));
  },
});
