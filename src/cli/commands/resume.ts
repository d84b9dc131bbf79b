/**
 * @module
 * `queuectl resume`: lets jobs go on that stand still, waiting or running.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { IDS } from "../line/ids.ts";
import { changeAlsoRunning } from "./many/also_running.ts";
import { MANY_FLAGS } from "./many/change_many.ts";

export const command: Target = defineCommand({
  brief: "Let paused jobs go on",
  description:
    "What runs goes on where it stood, with the time that was left of its timeout; what is held is released.",
  examples: [
    ["resume j1", "let a job go on"],
    ["resume j1 j2", "the same for several"],
    ["resume --queue mail", "all of a queue; it counts them and asks"],
  ],
  flags: MANY_FLAGS,
  words: { ...IDS, min: 0 },
  run(context, flags, words) {
    return changeAlsoRunning(context, { verb: "resume", words, flags }, {
      change: (store, ids) => store.resume(ids, context.clock.now()),
      unwatched: async (ids) => (await import("./pause_unwatched.ts")).pauseUnwatched(context, ids),
      key: "released",
      json: (unwatched) => ({ without_worker: unwatched }),
      sayWaiting: (jobs) => `Released ${jobs}`,
      sayRunning,
    });
  },
});

function sayRunning(jobs: string, unwatched: { done: boolean } | undefined): string {
  if (!unwatched) return `Told the worker to let ${jobs} go on`;
  return unwatched.done
    ? `Resumed ${jobs} that no worker watches`
    : `No worker is there to resume ${jobs}: the next one does when it starts`;
}
