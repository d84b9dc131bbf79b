/**
 * @module
 * `queuectl progress`: says how far the job is in which it runs.
 */
import { BadInput } from "../../domain/errors.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { say } from "./say/say.ts";

export const command: Target = defineCommand({
  brief: "From inside a job: say how far it is",
  description: [
    "Lists, show, status and the pages show it while the job runs, and its attempt keeps it.",
    'Without queuectl, append a line to the file $QUEUECTL_SAY: {"progress": 40, "text": "step 3"}.',
  ].join("\n"),
  examples: [
    ["progress 40", "40 of 100"],
    ["progress 40 'step 3'", "and what it is at"],
  ],
  words: { placeholder: "PERCENT [TEXT]", brief: "from 0 to 100, and what it is at", min: 1, max: 2 },
  async run(context, _flags, [percent, text]) {
    const progress = /^\d+(?:\.\d+)?%?$/.test(percent!) ? Number.parseFloat(percent!) : NaN;
    if (!(progress <= 100)) {
      throw new BadInput(`Cannot use "${percent}": progress takes a number from 0 to 100`);
    }
    await say(context, { progress, ...(text === undefined ? {} : { text }) });
  },
});
