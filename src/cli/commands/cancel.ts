/**
 * @module
 * `queuectl cancel`: calls jobs off, waiting or running.
 */
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { IDS } from "../line/ids.ts";
import { changeAlsoRunning } from "./many/also_running.ts";
import { MANY_FLAGS, type ManyValues } from "./many/change_many.ts";

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
  run: (context, flags, words) => cancel(context, words, flags),
});

/** Calls off jobs by their ids or, without any, those that filters find. */
export async function cancel(context: Context, words: readonly string[], flags: ManyValues): Promise<void> {
  await changeAlsoRunning(context, { verb: "cancel", words, flags }, {
    async change(store, ids) {
      const { cancelled, requested } = await store.cancel(ids, context.clock.now());
      return { waiting: cancelled, running: requested };
    },
    unwatched: async (ids) => (await import("./end_unwatched.ts")).endUnwatched(context, ids),
    key: "cancelled",
    json: (unwatched) => ({ without_worker: true, ...unwatched }),
    sayWaiting: (jobs) => `Cancelled ${jobs}`,
    sayRunning,
  });
}

/** Of jobs that ran: their worker ends them; where none is left, this command has done so, or the next worker will. */
function sayRunning(jobs: string, unwatched: { ended: boolean; left: number } | undefined): string {
  if (!unwatched) return `Told the worker to end ${jobs}`;
  if (!unwatched.ended) return `No worker is there to end ${jobs}: the next one does when it starts`;
  const left = unwatched.left === 0 ? "" : `; ${unwatched.left} of the processes could not be ended`;
  return `Ended the processes of ${jobs} that no worker watched: the next worker that starts notes it${left}`;
}
