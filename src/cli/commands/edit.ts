/**
 * @module
 * `queuectl edit`: changes a waiting job, or many.
 */
import { BadInput } from "../../domain/errors.ts";
import { EDITABLE_FIELDS } from "../../domain/fields.ts";
import { readFields } from "../../domain/spec.ts";
import { whereabouts } from "../../system/environment.ts";
import { checkForMany, editJob } from "../../views/edit_job.ts";
import { jobJson } from "../../views/job_json.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { FlagValues } from "../line/flags.ts";
import { ONE_ID } from "../line/ids.ts";
import {
  ENV_FLAGS,
  fieldsWithVariables,
  jobFlags,
  type JobFlagValues,
  sayWhen,
  timesAsSaid,
} from "./job_flags.ts";
import { changeMany, printChanged } from "./many/change_many.ts";
import type { FilterValues } from "./many/filter_flags.ts";
import { readWhere, WHERE_FLAGS } from "./many/where.ts";

export const command: Target = defineCommand({
  brief: "Change a waiting job, or many",
  description:
    "What no flag names stays as it is. --delay 0 lets a scheduled job start at once; --env replaces them all. Many jobs " +
    "are changed at once by what they have in common: --where says that, since --queue and --label say what to set. " +
    "They are counted, and it asks.",
  examples: [
    ["edit j1 --priority -5", "let it run before others"],
    ["edit j1 --command 'make clean' --queue slow", "another command, in another queue"],
    ["edit j1 --run-at 2030-01-01T14:00:00Z", "not before then"],
    ["edit --where queue=mail --where state=failed --priority 5", "all that are meant by both"],
  ],
  flags: { ...jobFlags(EDITABLE_FIELDS), ...ENV_FLAGS, ...WHERE_FLAGS },
  words: { ...ONE_ID, min: 0 },
  async run(context, flags, [id]) {
    const now = context.clock.now();
    const fields = await fieldsWithVariables(context, flags);
    const times = await timesAsSaid(now, fields.run_at);
    const changes = readFields(fields, { now, ...whereabouts(), ...times });
    const filters = filtersFrom(flags, id);
    if (Object.keys(changes).length === 0) {
      const what = filters ? "jobs" : `job "${id}"`;
      throw new BadInput(`Cannot edit ${what}: no flag says what to change; --help shows them`);
    }
    if (filters) {
      checkForMany(changes);
      const verb = "edit";
      const { yes, dryRun } = flags as FlagValues<typeof WHERE_FLAGS>;
      return printChanged(context, verb, await changeMany(context, { verb, filters, changes, yes, dryRun }));
    }
    const job = await editJob(await context.store(), id!, { changes, now });
    context.print.result(jobJson(job), () => `Changed job ${job.id}`);
    if (times.readTime) await sayWhen(context, job.runAt, now);
  },
});

/**
 * What the jobs that are meant have in common; undefined when one is meant by its id.
 * @throws {BadInput} when it is both, or neither
 */
function filtersFrom(values: JobFlagValues, id: string | undefined): FilterValues | undefined {
  const { where, all, dryRun } = values as FlagValues<typeof WHERE_FLAGS>;
  const many = where !== undefined || all;
  if (id !== undefined && (many || dryRun)) {
    throw new BadInput(
      "Cannot edit jobs by id and --where at once: give an id alone, or --where with --dry-run or --yes",
    );
  }
  if (id === undefined && !many) {
    throw new BadInput(
      "Cannot tell which jobs to edit: give an id, or --where NAME=VALUE, or --all; other flags say what to set",
    );
  }
  return many ? readWhere(where ?? []) : undefined;
}
