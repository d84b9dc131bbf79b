/**
 * @module
 * `queuectl resume`: lets jobs go on that stand still, waiting or running.
 */
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";
import { byIds, changeMany, MANY_FLAGS, othersJson, sayOthers } from "./many/change_many.ts";

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
  async run(context, flags, words) {
    const verb = "resume";
    if (!byIds(verb, words, flags)) {
      const changed = await changeMany(context, { verb, filters: flags, ...flags });
      if (!changed) return;
      const { done, requested } = changed;
      return await conclude(context, {
        released: done - requested.length,
        requested,
        json: othersJson(changed),
        others: sayOthers(changed),
      });
    }
    const store = await context.store();
    const ids = distinct(words);
    const { waiting, running } = await store.resume(ids, context.clock.now());
    await conclude(context, { released: waiting, requested: running > 0 ? ids : [], count: running });
  },
});

/** How many are released, which are told to go on, and what else is to be said. */
interface Told {
  released: number;
  /** Others may be among them. */
  requested: readonly string[];
  /** How many of them run; left out is all. */
  count?: number;
  json?: Record<string, number>;
  others?: string;
}

async function conclude(
  context: Context,
  { released, requested: ids, count: requested = ids.length, json = {}, others = "" }: Told,
): Promise<void> {
  const { pauseUnwatched } = await import("./pause_unwatched.ts");
  const unwatched = requested > 0 ? await pauseUnwatched(context, ids) : undefined;
  context.print.result(
    { released, requested, ...(unwatched && { without_worker: unwatched }), ...json },
    () =>
      [
        ...(released > 0 || requested === 0 ? [`Released ${jobCount(released)}`] : []),
        ...(requested > 0 ? [sayRequested(requested, unwatched)] : []),
      ].join("\n") + others,
  );
}

function sayRequested(requested: number, unwatched: { done: boolean } | undefined): string {
  const jobs = jobCount(requested);
  if (!unwatched) return `Told the worker to let ${jobs} go on`;
  return unwatched.done
    ? `Resumed ${jobs} that no worker watches`
    : `No worker is there to resume ${jobs}: the next one does when it starts`;
}
