/**
 * @module
 * `queuectl cancel`: calls jobs off, waiting or running.
 */
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";
import { byIds, changeMany, MANY_FLAGS, othersJson, sayOthers } from "./many/change_many.ts";

export const command: Target = defineCommand({
  brief: "Call off jobs, also running ones",
  description:
    "A running job is ended by its worker: SIGTERM to all of its processes, SIGKILL after kill_grace. Where no worker " +
    "is left they are ended here, and the next worker settles the job. With filters they are counted, and it asks.",
  examples: [
    ["cancel j1", "call off one job"],
    ["cancel j1 j2", "call off several"],
    ["cancel --queue mail --state pending", "all that have not begun; it counts them and asks"],
  ],
  flags: MANY_FLAGS,
  words: { ...IDS, min: 0 },
  async run(context, flags, words) {
    if (!byIds("cancel", words, flags)) {
      const changed = await changeMany(context, { verb: "cancel", filters: flags, ...flags });
      if (!changed) return;
      const { done, requested } = changed;
      return await conclude(context, {
        cancelled: done - requested.length,
        requested,
        json: othersJson(changed),
        others: sayOthers(changed),
      });
    }
    const ids = distinct(words);
    const { cancelled, requested } = await (await context.store()).cancel(ids, context.clock.now());
    await conclude(context, { cancelled, requested: requested > 0 ? ids : [], count: requested });
  },
});

/** How many were called off, which are still to be ended, and what else is to be said. */
interface Called {
  cancelled: number;
  /** Others may be among them. */
  requested: readonly string[];
  /** How many of them are to be ended; left out is all. */
  count?: number;
  json?: Record<string, number>;
  others?: string;
}

async function conclude(
  context: Context,
  { cancelled, requested: ids, count: requested = ids.length, json = {}, others = "" }: Called,
): Promise<void> {
  const { endUnwatched } = await import("./end_unwatched.ts");
  const unwatched = requested > 0 ? await endUnwatched(context, ids) : undefined;
  const said = unwatched
    ? { cancelled, requested, without_worker: true, ...unwatched, ...json }
    : { cancelled, requested, ...json };
  context.print.result(said, () =>
    [
      ...(cancelled > 0 || requested === 0 ? [`Cancelled ${jobCount(cancelled)}`] : []),
      ...(requested > 0 ? [sayRequested(requested, unwatched)] : []),
    ].join("\n") + others);
}

/** Of jobs that ran: their worker ends them; where none is left, this command has done so, or the next worker will. */
function sayRequested(requested: number, unwatched: { ended: boolean; left: number } | undefined): string {
  const jobs = jobCount(requested);
  if (!unwatched) return `Told the worker to end ${jobs}`;
  if (!unwatched.ended) return `No worker is there to end ${jobs}: the next one does when it starts`;
  const left = unwatched.left === 0 ? "" : `; ${unwatched.left} of the processes could not be ended`;
  return `Ended the processes of ${jobs} that no worker watched: the next worker that starts notes it${left}`;
}
