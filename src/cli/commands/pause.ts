/**
 * @module
 * `queuectl pause`: lets jobs stand still, waiting or running.
 */
import { thisPlatform } from "../../worker/process/this_platform.ts";
import { WAITING } from "../../domain/job.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";
import { byIds, changeMany, MANY_FLAGS, othersJson, sayOthers } from "./many/change_many.ts";
import type { UnwatchedPause } from "./pause_unwatched.ts";

export const command: Target = defineCommand({
  brief: "Let jobs stand still, also running ones",
  description:
    "All processes of a running job are stopped (SIGSTOP) until resume lets them go on, and its timeout stands still; " +
    "it keeps its slot, and its worker waits for it when told to stop. A waiting job is held, as by hold. An attempt " +
    "that is over before it is resumed, as by worker stop --timeout, leaves its job held where it would run again.",
  examples: [
    ["pause j1", "let a job stand still"],
    ["pause --queue mail", "all of a queue, waiting or running; it counts them and asks"],
    ["resume j1", "let it go on"],
  ],
  flags: MANY_FLAGS,
  words: { ...IDS, min: 0 },
  async run(context, flags, words) {
    const verb = "pause";
    if (!byIds(verb, words, flags)) {
      const only = thisPlatform.canPause ? {} : { only: WAITING };
      const changed = await changeMany(context, { verb, filters: flags, ...only, ...flags });
      if (!changed) return;
      const { done, requested } = changed;
      return await conclude(context, {
        held: done - requested.length,
        requested,
        json: othersJson(changed),
        others: sayOthers(changed),
      });
    }
    const store = await context.store();
    const ids = distinct(words);
    const options = { now: context.clock.now(), running: thisPlatform.canPause };
    const { waiting, running } = await store.pause(ids, options);
    await conclude(context, { held: waiting, requested: running > 0 ? ids : [], count: running });
  },
});

/** How many are held, which are told to stand still, and what else is to be said. */
interface Told {
  held: number;
  /** Others may be among them. */
  requested: readonly string[];
  /** How many of them run; left out is all. */
  count?: number;
  json?: Record<string, number>;
  others?: string;
}

async function conclude(
  context: Context,
  { held, requested: ids, count: requested = ids.length, json = {}, others = "" }: Told,
): Promise<void> {
  const { pauseUnwatched } = await import("./pause_unwatched.ts");
  const unwatched = requested > 0 ? await pauseUnwatched(context, ids) : undefined;
  context.print.result(
    { held, requested, ...(unwatched && { without_worker: unwatched }), ...json },
    () =>
      [
        ...(held > 0 || requested === 0 ? [`Held ${jobCount(held)} that had not started`] : []),
        ...(requested > 0 ? [sayRequested(requested, unwatched)] : []),
      ].join("\n") + others,
  );
}

/** Of jobs that run: their worker stops them; where none is left, this command has done so, or the next worker will. */
function sayRequested(requested: number, unwatched: UnwatchedPause | undefined): string {
  const jobs = jobCount(requested);
  if (!unwatched) return `Told the worker to pause ${jobs}`;
  if (!unwatched.done) return `No worker is there to pause ${jobs}: the next one does when it starts`;
  const left = unwatched.unstopped === 0
    ? ""
    : `; ${unwatched.unstopped} of the processes could not be stopped`;
  return `Paused ${jobs} that no worker watches${left}`;
}
