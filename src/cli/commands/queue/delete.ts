/**
 * @module
 * `queuectl queue delete`: removes a queue, with its jobs where that is asked for.
 */
import { NoSuch, Refused } from "../../../domain/errors.ts";
import { STATES } from "../../../domain/job.ts";
import { refuseRunning } from "../../../views/running_jobs.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { toggle } from "../../line/flags.ts";
import { jobCount } from "../../line/ids.ts";
import { changeMany, type Doing, SURENESS } from "../many/change_many.ts";
import { queueNames, withOthers } from "../unknown_names.ts";
import { ONE_QUEUE, queueName } from "./names.ts";

export const command: Target = defineCommand({
  brief: "Remove a queue, with its switches and figures",
  description:
    "It must have no jobs, or --jobs removes them, too, once they are counted and a question is answered; none of them may " +
    "be running. A queue that has had neither jobs nor switches for a day goes by itself. Figures over all queues stay.",
  examples: [
    ["queue delete mail", "and its name is gone"],
    ["queue delete mail --jobs --yes", "with all its jobs, without a question"],
  ],
  flags: { jobs: toggle("remove its jobs, too"), ...SURENESS },
  words: ONE_QUEUE,
  async run(context, { jobs, yes, dryRun }, [queue]) {
    const name = queueName(queue!);
    const store = await context.store();
    const info = await store.queue(name);
    const has = info ? STATES.reduce((sum, state) => sum + info.counts[state], 0) : 0;
    if (has > 0 && !jobs) {
      throw new Refused(
        `Cannot delete queue "${name}": it has ${jobCount(has)}; delete them first, or with it by --jobs`,
      );
    }
    refuseRunning(name, info?.counts.processing ?? 0);
    const doing = { verb: "delete", filters: { queue: [name] }, yes, dryRun } satisfies Doing;
    const deleted = has > 0 || dryRun ? await changeMany(context, doing) : undefined;
    if (dryRun) return;
    await store.deleteQueue(name).catch(async (error) => {
      throw error instanceof NoSuch ? withOthers(error, name, await queueNames(store)) : error;
    });
    context.print.result(
      { deleted: name, ...(jobs && { jobs: deleted?.done ?? 0 }) },
      () => `Deleted queue "${name}"${deleted ? ` and ${jobCount(deleted.done)}` : ""}`,
    );
  },
});
