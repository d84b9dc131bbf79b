/**
 * @module
 * `queuectl result`: prints what a job left as its result.
 */
import { NoSuch, Refused } from "../../domain/errors.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { count } from "../line/flags.ts";
import { ONE_ID } from "../line/ids.ts";

export const command: Target = defineCommand({
  brief: "Print what a job left as its result",
  description: [
    "A job leaves a result by writing up to 64 KiB to the file $QUEUECTL_RESULT; each attempt has its own.",
    "With --json, one that is JSON stands there as it is, other text as text, and anything else in base64.",
  ].join("\n"),
  examples: [
    ["result j1", "of its latest attempt, byte for byte"],
    ["result j1 --attempt 2 --json", "of another one, for programs"],
  ],
  flags: { attempt: count({ min: 1, max: 2 ** 31 - 1 }, "which attempt (default: the latest)") },
  words: ONE_ID,
  async run(context, flags, [id]) {
    const store = await context.store();
    const job = await store.get(id!);
    if (job === undefined) throw new NoSuch(`Cannot print the result of job "${id}": no such job`);
    const attempt = flags.attempt ?? job.lastAttempt;
    const bytes = await store.result(job.id, attempt);
    if (bytes === undefined) {
      const which = attempt === 0 ? "it has not run" : `its attempt ${attempt} left none`;
      throw new Refused(`Cannot print the result of job "${id}": ${which}`);
    }
    if (!context.json) return context.print.bytes(bytes);
    const { resultJson } = await import("../../domain/result_json.ts");
    context.print.result({ id: job.id, attempt, ...resultJson(bytes) }, () => "");
  },
});
