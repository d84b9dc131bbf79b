/**
 * @module
 * `queuectl worker logs`: what a background worker wrote down.
 */
import { NoSuch } from "../../../domain/errors.ts";
import { endOfLog, logNames, openLog, readOn } from "../../../logs/log_file.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import type { Context } from "../../line/context.ts";
import { count, toggle } from "../../line/flags.ts";
import { logElsewhere } from "../../../views/log_elsewhere.ts";
import { withOthers } from "../unknown_names.ts";

const LOOK_MS = 100;

export const command: Target = defineCommand({
  brief: "Show the log of a background worker",
  description:
    "Workers started with --detach write a line for every job that starts and ends. With --follow, new " +
    "lines show until the worker has stopped.",
  examples: [
    ["worker logs worker-abc123", "the last 100 lines"],
    ["worker logs worker-abc123 --lines 50 --follow", "the last 50 lines, and what comes"],
  ],
  flags: {
    lines: count({ min: 0, max: 1_000_000_000 }, "how many lines of the end (default: 100)"),
    follow: toggle("go on until the worker has stopped"),
  },
  words: { placeholder: "W", brief: "the worker", min: 1, max: 1 },
  async run(context, flags, [worker = ""]) {
    const { clock, print, json } = context;
    using file = await openLogOf(context, worker);
    const tail = endOfLog(file, flags.lines ?? 100);
    if (json) {
      const lines = new TextDecoder().decode(tail).split("\n").filter((line) => line !== "");
      return print.result({ worker, lines }, () => "");
    }
    print.bytes(tail);
    if (!flags.follow) return;
    const store = await context.store();
    let there = true;
    while (there) {
      const workers = await store.workers();
      there = workers.some(({ id, leaseUntil }) => id === worker && leaseUntil >= clock.now());
      for (let bytes = readOn(file); bytes.length > 0; bytes = readOn(file)) print.bytes(bytes);
      if (there) await clock.sleep(LOOK_MS);
    }
  },
});

/** @throws {NoSuch} that names the workers that have one */
async function openLogOf(context: Context, worker: string): Promise<Deno.FsFile> {
  try {
    return openLog(context.home, worker);
  } catch (missing) {
    const error = context.meant.address === undefined
      ? missing
      : await logElsewhere(missing, await context.store(), worker);
    if (error !== missing) throw error;
    throw error instanceof NoSuch ? withOthers(error, worker, logNames(context.home)) : error;
  }
}
