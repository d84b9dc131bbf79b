/**
 * @module
 * `queuectl edit`: changes a waiting job.
 */
import { BadInput } from "../../domain/errors.ts";
import { EDITABLE_FIELDS } from "../../domain/fields.ts";
import { readFields } from "../../domain/spec.ts";
import { whereabouts } from "../../system/environment.ts";
import { jobJson } from "../../views/job_json.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { ONE_ID } from "../line/ids.ts";
import { ENV_FLAGS, fieldsWithVariables, jobFlags, sayWhen, timesAsSaid } from "./job_flags.ts";

export const command: Target = defineCommand({
  brief: "Change a waiting job",
  description:
    "What no flag names stays as it is. --delay 0 lets a scheduled job start at once; --env replaces them all.",
  examples: [
    ["edit j1 --priority -5", "let it run before others"],
    ["edit j1 --command 'make clean' --queue slow", "another command, in another queue"],
    ["edit j1 --run-at 2030-01-01T14:00:00Z", "not before then"],
  ],
  flags: { ...jobFlags(EDITABLE_FIELDS), ...ENV_FLAGS },
  words: ONE_ID,
  async run(context, flags, [id]) {
    const now = context.clock.now();
    const fields = await fieldsWithVariables(context, flags);
    const times = await timesAsSaid(now, fields.run_at);
    const changes = readFields(fields, { now, ...whereabouts(), ...times });
    if (Object.keys(changes).length === 0) {
      throw new BadInput(`Cannot edit job "${id}": no flag says what to change; --help shows them`);
    }
    const job = await (await context.store()).edit(id!, changes, now);
    context.print.result(jobJson(job), () => `Changed job ${job.id}`);
    if (times.readTime) await sayWhen(context, job.runAt, now);
  },
});
