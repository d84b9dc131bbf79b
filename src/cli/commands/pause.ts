/**
 * @module
 * `queuectl pause`: lets jobs stand still, waiting or running.
 */
import { thisPlatform } from "../../worker/process/this_platform.ts";
import { WAITING } from "../../domain/job.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { IDS } from "../line/ids.ts";
import { changeAlsoRunning } from "./many/also_running.ts";
import { MANY_FLAGS } from "./many/change_many.ts";
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
  run(context, flags, words) {
    const { canPause } = thisPlatform;
    const asked = { verb: "pause", words, flags, ...(canPause ? {} : { only: WAITING }) } as const;
    return changeAlsoRunning(context, asked, {
      change: (store, ids) => store.pause(ids, { now: context.clock.now(), running: canPause }),
      unwatched: async (ids) => (await import("./pause_unwatched.ts")).pauseUnwatched(context, ids),
      key: "held",
      json: (unwatched) => ({ without_worker: unwatched }),
      sayWaiting: (jobs) => `Held ${jobs} that had not started`,
      sayRunning,
    });
  },
});

/** Of jobs that run: their worker stops them; where none is left, this command has done so, or the next worker will. */
function sayRunning(jobs: string, unwatched: UnwatchedPause | undefined): string {
  if (!unwatched) return `Told the worker to pause ${jobs}`;
  if (!unwatched.done) return `No worker is there to pause ${jobs}: the next one does when it starts`;
  const left = unwatched.unstopped === 0
    ? ""
    : `; ${unwatched.unstopped} of the processes could not be stopped`;
  return `Paused ${jobs} that no worker watches${left}`;
}
