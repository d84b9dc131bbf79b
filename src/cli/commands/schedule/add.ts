/**
 * @module
 * `queuectl schedule add`: a command that is enqueued again and again.
 */
import { BadInput, ScheduleChanged } from "../../../domain/errors.ts";
import { completeSchedule, scheduleName } from "../../../domain/schedule/spec.ts";
import { scheduleJson } from "../../../views/schedule_json.ts";
import { scheduled, upcoming } from "../../../views/scheduling.ts";
import { timeJson } from "../../../views/job_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import type { JobFlagValues } from "../job_flags.ts";
import { defaultsHere, jobSaid, readSaid, SCHEDULE_FLAGS, timingSaid, wordsOf } from "./said.ts";
import { nextLines, sayUnlessFired } from "./say_next.ts";

/** So many next times are shown. */
const SHOWN = 3;

export const command: Target = defineCommand({
  brief: "Enqueue a command again and again",
  description: [
    "EXPRESSION is 5 fields (minute hour day month weekday), 6 with seconds before them, @hourly, @daily, @weekly, @monthly,",
    "@yearly, or every and a duration. Any worker enqueues the job when its time, its slot, has come, each slot once. A time",
    "that a clock skips comes when the gap is over; one that it shows twice comes once; what has a * or a step goes on by",
    "real time.",
    "A run that is more than a minute late was missed: once makes up for all of them by one run, skip by none, all by up to",
    "the latest 100. While a run waits or runs, skip leaves the next one out, queue lets it wait for that one's end, replace",
    "calls that one off first, allow runs both. Jobs have QUEUECTL_SCHEDULE and QUEUECTL_SLOT.",
  ].join("\n"),
  examples: [
    ["schedule add nightly '0 2 * * *' -- make backup", "at two o'clock at night"],
    [
      "schedule add report '0 9 * * MON-FRI' --tz Europe/Berlin -- ./report.sh",
      "on working days, by that clock",
    ],
    ["schedule add poll 'every 90s' --timeout 60s -- ./poll.sh", "again and again"],
    [
      "schedule add feed @hourly --jitter 5m --overlap queue 'curl -sf https://example.org/feed'",
      "not all at once",
    ],
  ],
  flags: SCHEDULE_FLAGS,
  words: {
    placeholder: "NAME EXPRESSION COMMAND",
    brief: "its name, when it comes, and what to run",
    min: 1,
  },
  advice: "quote the expression, and put -- before the command",
  ownWords: 2,
  async run(context, flags, words) {
    const values = flags as JobFlagValues;
    const name = scheduleName(words[0]);
    const said = wordsOf(context, words);
    if (said.expression === undefined) {
      throw new BadInput(`Missing when schedule "${name}" comes, such as '0 2 * * *', @daily or 'every 90s'`);
    }
    const defaults = await defaultsHere(context);
    const job = await jobSaid(context, values, said);
    if (!("command" in job)) throw new BadInput(`Missing what schedule "${name}" runs: give it after --`);
    const { now } = defaults;
    const spec = completeSchedule(readSaid({ name, ...timingSaid(values, said), job }, defaults), { now });
    const store = await context.store();
    await store.changeSchedules([{ name, revision: null, schedule: scheduled(spec, now) }], now)
      .catch((error) => {
        if (error instanceof ScheduleChanged) {
          error.message += `; schedule set changes it`;
        }
        throw error;
      });
    const schedule = (await store.schedule(name))!;
    const next = upcoming(schedule, now, SHOWN);
    context.print.result(
      { ...scheduleJson(schedule), upcoming: next.map(timeJson) },
      () =>
        [`Added schedule ${name}, next in ${schedule.zone}`, ...nextLines(schedule, now, SHOWN)].join("\n  "),
    );
    await sayUnlessFired(context);
  },
});
