/**
 * @module
 * `queuectl alive`: says that the job in which it runs lives.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { say } from "./say/say.ts";

export const command: Target = defineCommand({
  brief: "From inside a job: say that it lives, where it may not be silent for long",
  description: [
    "A job with an --idle-timeout is ended when it neither prints nor says anything for so long.",
    'Without queuectl, append a line to the file $QUEUECTL_SAY: {"alive": true}.',
  ].join("\n"),
  examples: [["alive", "it is only silent"]],
  async run(context) {
    await say(context, { alive: true });
  },
});
