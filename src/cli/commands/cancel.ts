/**
 * @module
 * `queuectl cancel`: calls jobs off, waiting or running.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";

export const command: Target = defineCommand({
  brief: "Call off jobs, also running ones",
  description:
    "A running job is ended by its worker: SIGTERM to all of its processes, SIGKILL after kill_grace. Where no worker " +
    "is left they are ended here, and the next worker settles the job.",
  examples: [["cancel j1", "call off one job"], ["cancel j1 j2", "call off several"]],
  words: IDS,
  async run(context, _flags, words) {
    const store = await context.store();
    const ids = distinct(words);
    const { cancelled, requested } = await store.cancel(ids, context.clock.now());
    const { endUnwatched } = await import("./end_unwatched.ts");
    const unwatched = requested > 0 ? await endUnwatched(context, ids) : undefined;
    const said = unwatched
      ? { cancelled, requested, without_worker: true, ...unwatched }
      : { cancelled, requested };
    context.print.result(said, () =>
      [
        ...(cancelled > 0 ? [`Cancelled ${jobCount(cancelled)}`] : []),
        ...(requested > 0 ? [sayRequested(requested, unwatched)] : []),
      ].join("\n"));
  },
});

/** Of jobs that ran: their worker ends them; where none is left, this command has done so, or the next worker will. */
function sayRequested(requested: number, unwatched: { ended: boolean; left: number } | undefined): string {
  const jobs = jobCount(requested);
  if (!unwatched) return `Told the worker to end ${jobs}`;
  if (!unwatched.ended) return `No worker is there to end ${jobs}: the next one does when it starts`;
  const left = unwatched.left === 0 ? "" : `; ${unwatched.left} of the processes could not be ended`;
  return `Ended the processes of ${jobs} that no worker watched: the next worker that starts notes it${left}`;
}
