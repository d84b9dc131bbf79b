/**
 * @module
 * `queuectl schedule set`: changes a schedule.
 */
import { BadInput } from "../../../domain/errors.ts";
import { completeSchedule, scheduleName } from "../../../domain/schedule/spec.ts";
import { changeSchedules, scheduled } from "../../../views/scheduling.ts";
import { scheduleJson } from "../../../views/schedule_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import type { JobFlagValues } from "../job_flags.ts";
import { find } from "./names.ts";
import { defaultsHere, jobSaid, readSaid, SCHEDULE_FLAGS, timingSaid, wordsOf } from "./said.ts";
import { nextLines } from "./say_next.ts";

export const command: Target = defineCommand({
  brief: "Change a schedule",
  description:
    "What is not said stays as it is; --env replaces all variables. It holds from the next run on: what was enqueued or " +
    "missed before stays as it was.",
  examples: [
    ["schedule set nightly '30 3 * * *'", "at another time"],
    ["schedule set nightly --overlap queue --timeout 1h", "how it runs"],
    ["schedule set nightly -- make backup2", "another command"],
  ],
  flags: SCHEDULE_FLAGS,
  words: {
    placeholder: "SCHEDULE EXPRESSION COMMAND",
    brief: "its name, and when it comes and what to run, where that changes",
    min: 1,
  },
  advice: "quote the expression, and put -- before the command",
  ownWords: 2,
  async run(context, flags, words) {
    const values = flags as JobFlagValues;
    const name = scheduleName(words[0]);
    const said = wordsOf(context, words);
    const before = await find(context, "set", name);
    const defaults = await defaultsHere(context);
    const { now } = defaults;
    const timing = timingSaid(values, said);
    const ofJob = await jobSaid(context, values, said);
    if (Object.keys(timing).length + Object.keys(ofJob).length === 0) {
      throw new BadInput(
        `Cannot set schedule "${name}": nothing says what to change; --help shows the flags`,
      );
    }
    const changed = (job: Readonly<Record<string, unknown>>) =>
      readSaid({ ...timing, ...Object.keys(ofJob).length > 0 && { job: merged(job, ofJob) } }, defaults);
    const store = await context.store();
    changed(before.job); // what is wrong is said before anything is looked at again
    await changeSchedules(store, {
      verb: "set",
      names: [name],
      now,
      change: (schedule) => {
        const spec = completeSchedule({ ...schedule, ...changed(schedule.job) }, { now });
        return scheduled({ ...spec, paused: schedule.paused }, now, schedule);
      },
    });
    const schedule = (await store.schedule(name))!;
    context.print.result(
      scheduleJson(schedule),
      () =>
        [`Changed schedule ${name}, next in ${schedule.zone}`, ...nextLines(schedule, now, 3)].join("\n  "),
    );
  },
});

/** One stdin takes the place of another, whichever way it is written. */
function merged(
  { stdin, stdin_base64, ...job }: Readonly<Record<string, unknown>>,
  said: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const reads = said.stdin !== undefined || said.stdin_base64 !== undefined ? {} : {
    ...stdin !== undefined && { stdin },
    ...stdin_base64 !== undefined && { stdin_base64 },
  };
  return { ...job, ...reads, ...said };
}
