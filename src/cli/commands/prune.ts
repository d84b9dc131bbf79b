/**
 * @module
 * `queuectl prune`: removes old finished jobs now, in steps, so that workers never wait long.
 */
import { formatDuration } from "../../domain/duration.ts";
import { BadInput } from "../../domain/errors.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { duration } from "../line/flags.ts";

/** Jobs removed in one transaction, at most. */
const STEP = 1000;
/** Between two of them others who write get their turn. */
const PAUSE_MS = 5;

export const command: Target = defineCommand({
  brief: "Remove old completed and cancelled jobs",
  description: "Workers do this by themselves. Dead jobs are kept.",
  examples: [
    ["prune", "remove what is older than the setting `retention`"],
    ["prune --older-than 7d", "remove what ended more than a week ago"],
  ],
  flags: { olderThan: duration("how long ago the jobs ended (default: the setting `retention`)") },
  async run(context, flags) {
    const ageMs = flags.olderThan ?? (await context.settings()).retentionMs;
    if (flags.olderThan === undefined && ageMs === 0) {
      throw new BadInput(
        "Cannot prune: the setting retention is 0, which keeps jobs for ever; give --older-than",
      );
    }
    const store = await context.store();
    const before = context.clock.now() - ageMs;
    let pruned = 0;
    for (let step = 1; step > 0; pruned += step) {
      if (pruned > 0) await context.clock.sleep(PAUSE_MS);
      step = await store.prune(before, STEP);
    }
    context.print.result(
      { pruned },
      () =>
        `Removed ${pruned} ${pruned === 1 ? "job" : "jobs"} that ended ${
          formatDuration(ageMs)
        } ago or earlier`,
    );
  },
});
