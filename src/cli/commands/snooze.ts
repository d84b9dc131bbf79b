/**
 * @module
 * `queuectl snooze`: asks that the job in which it runs be put off.
 */
import { parseDuration } from "../../domain/duration.ts";
import { BadInput } from "../../domain/errors.ts";
import { LONGEST_MS } from "../../domain/settings.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { say } from "./say/say.ts";

/** What a command has to exit with to be put off (`EX_TEMPFAIL`). */
const PUT_OFF = 75;

export const command: Target = defineCommand({
  brief: "From inside a job: have it run again later, without a failure",
  description: [
    `The job is put off if it then exits with ${PUT_OFF}, which is also what this command exits with: it may be the last one`,
    "of a script. It counts neither as a failure nor for the backoff; --max-wait of enqueue bounds it.",
    `Without queuectl, append a line to the file $QUEUECTL_SAY, {"retry_in": "10m"}, and exit with ${PUT_OFF}.`,
  ].join("\n"),
  examples: [["snooze 10m; exit 75", "again in ten minutes"]],
  words: { placeholder: "DURATION", brief: "for how long", min: 1, max: 1 },
  async run(context, _flags, [text]) {
    const ms = parseDuration(text!);
    if (ms === undefined || ms > LONGEST_MS) {
      throw new BadInput(`Cannot use "${text}": snooze takes a duration (seconds, or 90s, 10m, 1h30m, 2d)`);
    }
    await say(context, { retry_in: ms / 1000 });
    return PUT_OFF;
  },
});
