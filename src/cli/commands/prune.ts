/**
 * @module
 * `queuectl prune`: removes old finished jobs now, in steps, so that workers never wait long.
 */
import { formatDuration } from "../../domain/duration.ts";
import { BadInput } from "../../domain/errors.ts";
import type { Kept, Pruned, Store } from "../../store/contract.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { duration } from "../line/flags.ts";

/** Jobs removed in one transaction, at most. */
const STEP = 1000;
/** Between two of them others who write get their turn. */
const PAUSE_MS = 5;

export const command: Target = defineCommand({
  brief: "Remove old completed and cancelled jobs, and dead ones where that is set",
  description:
    "Workers do this by themselves: what is older than the setting retention goes, of dead jobs what is older than " +
    "retention_dead, unless their queue says otherwise. With --older-than that goes, whatever queues say, and dead jobs stay.",
  examples: [
    ["prune", "remove what has been kept for as long as it is to be"],
    ["prune --older-than 7d", "remove what ended more than a week ago"],
  ],
  flags: { olderThan: duration("how long ago completed and cancelled jobs ended, instead of what is set") },
  async run(context, { olderThan }) {
    const store = await context.store();
    const kept = olderThan === undefined
      ? await keptBySettings(context, store)
      : { endedMs: olderThan, deadMs: null, ofQueues: false };
    const now = context.clock.now();
    let pruned = 0;
    let after: string | undefined | null;
    while (after !== null) {
      const step: Pruned = await store.prune(kept, { now, limit: STEP, ...after !== undefined && { after } });
      pruned += step.pruned;
      after = step.after;
      if (step.pruned > 0) await context.clock.sleep(PAUSE_MS);
    }
    const since = olderThan === undefined
      ? "longer ago than they are kept"
      : `${formatDuration(olderThan)} ago or earlier`;
    context.print.result(
      { pruned },
      () => `Removed ${pruned} ${pruned === 1 ? "job" : "jobs"} that ended ${since}`,
    );
  },
});

/** @throws {BadInput} when nothing is ever to be removed */
async function keptBySettings(context: Context, store: Store): Promise<Kept> {
  const { retentionMs, retentionDeadMs } = await context.settings();
  const kept = { endedMs: retentionMs || null, deadMs: retentionDeadMs || null, ofQueues: true };
  if (kept.endedMs !== null || kept.deadMs !== null) return kept;
  if ((await store.queues()).some((queue) => queue.retentionMs || queue.retentionDeadMs)) return kept;
  throw new BadInput(
    "Cannot prune: the setting retention is 0, which keeps jobs for ever; give --older-than",
  );
}
