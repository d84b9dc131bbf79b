/**
 * @module
 * `queuectl logs`: what a job printed, byte for byte, or prints.
 */
import { BadInput, noSuchJob, Refused } from "../../domain/errors.ts";
import type { Job, Stream } from "../../domain/job.ts";
import { type OutputFormat, OutputReader, type OutputRequest } from "../../views/output_reader.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { count, toggle } from "../line/flags.ts";
import { ONE_ID } from "../line/ids.ts";
import { ZONE_FLAGS } from "../line/zone.ts";
import type { Zone } from "../show/times.ts";
import { follow, printUnread } from "./follow.ts";

export const command: Target = defineCommand({
  brief: "Print what a job printed",
  description: [
    "Both streams go to standard output, byte for byte, in the order in which they were seen; where the middle of a",
    "stream was too long to be kept, a line says how many bytes are missing. A worker looks every 50 ms, and cannot",
    "tell in what order the two were written to in between; --timestamps has the times at which it saw the lines.",
    "--follow goes on with the attempts that come, until the job has ended.",
  ].join("\n"),
  examples: [
    ["logs j1", "of the latest attempt"],
    ["logs j1 -f", "and what comes; status says which jobs run now"],
    ["logs j1 --timestamps", "with the time before each line"],
    ["logs j1 --attempt 1 --stderr --lines 20", "the end of what the first attempt complained about"],
  ],
  flags: {
    attempt: count({ min: 1, max: 1e9 }, "which attempt (default: the latest)"),
    stdout: toggle("only standard output"),
    stderr: toggle("only standard error"),
    lines: count({ min: 0, max: 1e9 }, "only the last N lines of what is there"),
    timestamps: toggle("before each line, the time at which its end was seen"),
    ...ZONE_FLAGS,
    follow: toggle("go on printing until the job has ended"),
  },
  words: ONE_ID,
  async run(context, { stdout, stderr, ...flags }, [id]) {
    if (context.json && flags.follow) {
      throw new BadInput("Cannot use --json with --follow: a document has an end");
    }
    const store = await context.store();
    const job = await store.get(id!);
    if (job === undefined) throw noSuchJob("show logs of", id!);
    const attempt = flags.attempt ?? job.lastAttempt;
    if (attempt > job.lastAttempt || (attempt === 0 && !flags.follow)) throw noAttempt(job, attempt);
    const streams: Stream[] = stdout === stderr ? ["stdout", "stderr"] : [stdout ? "stdout" : "stderr"];
    const request = { id: job.id, attempt, streams };
    if (context.json) return await printJson(context, request);
    const sink = (_: Stream, bytes: Uint8Array) => context.print.bytes(bytes);
    const format = flags.timestamps ? await stampedLines({ utc: flags.utc }) : undefined;
    if (!flags.follow) {
      const output = new OutputReader(store, request, format?.());
      return await printUnread(output, sink, { lines: flags.lines, over: true });
    }
    const { Standstill, whyJobsStand } = await import("./say_standstill.ts");
    const standstill = await Standstill.begin(context, () => whyJobsStand(context, [job.id]));
    const onlyThis = flags.attempt !== undefined;
    await follow(context, { ...request, lines: flags.lines, onlyThis, sink, format, standstill });
  },
});

function noAttempt(job: Job, attempt: number): Refused {
  const subject = attempt === 0 ? "" : `attempt ${attempt} of `;
  const latest = job.lastAttempt === 0 ? "it has not run yet" : `its latest attempt is ${job.lastAttempt}`;
  return new Refused(`Cannot show logs of ${subject}job "${job.id}": ${latest}`);
}

/** Makes formats with the time before each line. */
async function stampedLines(zone: Zone): Promise<() => OutputFormat> {
  const [{ StampedLines }, { noStamp, stamp }] = await Promise.all([
    import("../../views/stamped_lines.ts"),
    import("../show/stamps.ts"),
  ]);
  return () => new StampedLines((seenAt) => seenAt === null ? noStamp(zone) : stamp(seenAt, zone));
}

async function printJson(context: Context, request: OutputRequest): Promise<void> {
  const { outputJson, seenJson } = await import("../../views/output_json.ts");
  const pieces = await Array.fromAsync(new OutputReader(await context.store(), request).unread());
  const { id, attempt, streams } = request;
  context.print.result({ id, attempt, ...outputJson(pieces, streams), seen: seenJson(pieces) }, () => "");
}
