/**
 * @module
 * `queuectl schedule import`: a crontab, as schedules.
 */
import { BadInput } from "../../../domain/errors.ts";
import { MISSED } from "../../../domain/schedule/coming.ts";
import { readCrontab } from "../../../domain/schedule/crontab.ts";
import { OVERLAPS, type ScheduleSpec } from "../../../domain/schedule/spec.ts";
import { readZone, zoneHere } from "../../../domain/schedule/zone.ts";
import { envVariable } from "../../../system/environment.ts";
import { quoteWords } from "../../../system/shell_words.ts";
import { again } from "../../../views/scheduling.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { choice, text, toggle } from "../../line/flags.ts";
import type { Print } from "../../show/print.ts";
import { table } from "../../show/table.ts";
import { fieldsFromFlags, fieldTexts, jobFlags, type JobFlagValues } from "../job_flags.ts";
import { inputName, readTextInput } from "../read_input.ts";
import { putAll } from "./put_all.ts";
import { defaultsHere } from "./said.ts";
import { sayUnlessFired } from "./say_next.ts";

export const command: Target = defineCommand({
  brief: "Make schedules of a crontab",
  description:
    "All of its lines, or, when one cannot be taken, none. Variables go with the jobs; SHELL, HOME, CRON_TZ and " +
    "RANDOM_DELAY mean what they mean to cron, and so does %. Names come from the commands. As cron does, they make up for " +
    "nothing that was missed, run whatever else runs, and are tried once, unless flags say otherwise.",
  examples: [
    ["schedule import my.crontab --dry-run", "see what would come of it"],
    ["schedule import - --prefix old-", "crontab -l | queuectl …"],
    ["schedule import /etc/crontab --for-user root", "the lines of one user"],
  ],
  flags: {
    dryRun: toggle("only say what would be added"),
    system: toggle("each line names a user (default: for files of /etc)"),
    forUser: text("NAME", "only the lines of this user"),
    prefix: text("TEXT", "put before each name"),
    tz: text(
      "ZONE",
      "by the clock of this zone, where CRON_TZ says no other (default: the zone of this machine)",
    ),
    missed: choice(MISSED, "what becomes of runs that nobody was there for (default: skip)"),
    overlap: choice(OVERLAPS, "what to do while a run has not ended (default: allow)"),
    ...jobFlags(["queue", "priority", "max_retries", "timeout", "label"]),
  },
  words: { placeholder: "FILE", brief: "the crontab; - is standard input", min: 1, max: 1 },
  async run(context, flags, [file]) {
    const { dryRun, system, forUser, prefix = "", tz, missed, overlap } = flags;
    const isSystem = system || forUser !== undefined || /^\/etc\/cron(?:tab$|\.d\/)/.test(file!);
    const defaults = await defaultsHere(context);
    const { schedules, notes } = readCrontab(await readTextInput(file!), {
      source: inputName(file!),
      system: isSystem,
      user: forUser,
      prefix,
      zone: tz === undefined ? zoneHere() : readZone(tz),
      home: envVariable("HOME") ?? null,
      timing: { ...missed !== undefined && { missed }, ...overlap !== undefined && { overlap } },
      job: fieldsFromFlags(fieldTexts(flags as JobFlagValues)),
      defaults,
      quoteWords,
    });
    if (schedules.length === 0) {
      throw new BadInput(`Cannot import ${inputName(file!)}: it has no line to run`);
    }
    const put = await again(() => putAll(context, schedules, { now: defaults.now, dryRun, replaces: false }));
    context.print.result(
      { added: put.added, dry_run: dryRun, schedules: schedules.map(shownJson) },
      () => `${dryRun ? "Would add" : "Added"}\n${schedulesTable(context.print, schedules)}`,
    );
    for (const note of notes) context.print.hint(note);
    if (!dryRun) await sayUnlessFired(context);
  },
});

function shownJson({ name, expression, zone, missed, overlap, jitterMs, job }: ScheduleSpec) {
  return { name, expression, tz: zone, missed, overlap, jitter: jitterMs / 1000, job };
}

function schedulesTable(print: Print, schedules: readonly ScheduleSpec[]): string {
  return table<ScheduleSpec>(print, {
    rows: schedules,
    columns: [
      { title: "SCHEDULE", value: ({ name }) => name },
      { title: "WHEN", value: ({ expression }) => expression },
      { title: "ZONE", value: ({ zone }) => zone },
      { title: "COMMAND", value: ({ job }) => String(job.command) },
    ],
  });
}
