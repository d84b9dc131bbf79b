/**
 * @module
 * `queuectl schedule apply`: schedules as a file says them.
 */
import { schedulesFromText } from "../../../domain/schedule/many.ts";
import { again } from "../../../views/scheduling.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { toggle } from "../../line/flags.ts";
import { inputName, readTextInput } from "../read_input.ts";
import { putAll, sayPut } from "./put_all.ts";
import { defaultsHere } from "./said.ts";

export const command: Target = defineCommand({
  brief: "Make schedules as a file says",
  description:
    'The file holds JSON objects, one a line, or a JSON array of them: {"name": "nightly", "expression": "0 2 * * *", "tz": ' +
    '"Europe/Berlin", "job": {"command": "make"}}, with missed, overlap and jitter as in schedule add. Those that are not ' +
    "there are added, all others changed; none is removed. All of them or none.",
  examples: [["schedule apply schedules.json", "as often as you like"], [
    "schedule apply - --dry-run",
    "say what would change",
  ]],
  flags: { dryRun: toggle("only say what would change") },
  words: { placeholder: "FILE", brief: "the file; - is standard input", min: 1, max: 1 },
  async run(context, { dryRun }, [file]) {
    const defaults = await defaultsHere(context);
    const specs = schedulesFromText(await readTextInput(file!), { source: inputName(file!), defaults });
    const put = await again(() => putAll(context, specs, { now: defaults.now, dryRun, replaces: true }));
    await sayPut(context, put, dryRun);
  },
});
