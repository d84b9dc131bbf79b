/**
 * @module
 * `queuectl resume`: lets jobs go on that stand still, waiting or running.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";

export const command: Target = defineCommand({
  brief: "Let paused jobs go on",
  description:
    "What runs goes on where it stood, with the time that was left of its timeout; what is held is released.",
  examples: [["resume j1", "let a job go on"], ["resume j1 j2", "the same for several"]],
  words: IDS,
  async run(context, _flags, words) {
    const store = await context.store();
    const ids = distinct(words);
    const { waiting, running } = await store.resume(ids, context.clock.now());
    const { pauseUnwatched } = await import("./pause_unwatched.ts");
    const unwatched = running > 0 ? await pauseUnwatched(context, ids) : undefined;
    context.print.result(
      { released: waiting, requested: running, ...(unwatched && { without_worker: unwatched }) },
      () =>
        [
          ...(waiting > 0 ? [`Released ${jobCount(waiting)}`] : []),
          ...(running > 0 ? [sayRequested(running, unwatched)] : []),
        ].join("\n"),
    );
  },
});

function sayRequested(requested: number, unwatched: { done: boolean } | undefined): string {
  const jobs = jobCount(requested);
  if (!unwatched) return `Told the worker to let ${jobs} go on`;
  return unwatched.done
    ? `Resumed ${jobs} that no worker watches`
    : `No worker is there to resume ${jobs}: the next one does when it starts`;
}
