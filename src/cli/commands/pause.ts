/**
 * @module
 * `queuectl pause`: lets jobs stand still, waiting or running.
 */
import { thisPlatform } from "../../worker/process/this_platform.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";
import type { UnwatchedPause } from "./pause_unwatched.ts";

export const command: Target = defineCommand({
  brief: "Let jobs stand still, also running ones",
  description:
    "All processes of a running job are stopped (SIGSTOP) until resume lets them go on, and its timeout stands still; " +
    "it keeps its slot, and its worker waits for it when told to stop. A waiting job is held, as by hold. An attempt " +
    "that is over before it is resumed, as by worker stop --timeout, leaves its job held where it would run again.",
  examples: [["pause j1", "let a job stand still"], ["resume j1", "let it go on"]],
  words: IDS,
  async run(context, _flags, words) {
    const store = await context.store();
    const ids = distinct(words);
    const options = { now: context.clock.now(), running: thisPlatform.canPause };
    const { waiting, running } = await store.pause(ids, options);
    const { pauseUnwatched } = await import("./pause_unwatched.ts");
    const unwatched = running > 0 ? await pauseUnwatched(context, ids) : undefined;
    context.print.result(
      { held: waiting, requested: running, ...(unwatched && { without_worker: unwatched }) },
      () =>
        [
          ...(waiting > 0 ? [`Held ${jobCount(waiting)} that had not started`] : []),
          ...(running > 0 ? [sayRequested(running, unwatched)] : []),
        ].join("\n"),
    );
  },
});

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
