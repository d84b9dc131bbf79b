/**
 * @module
 * `queuectl logs`: what a job printed, byte for byte, or prints.
 */
import { BadInput, NoSuch, Refused } from "../../domain/errors.ts";
import { ENDED, type Job, type Stream } from "../../domain/job.ts";
import {
  joined,
  lastLines,
  type OutputFormat,
  OutputReader,
  type OutputRequest,
} from "../../views/output_reader.ts";
import { watchStore } from "../../views/watch_store.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { count, toggle } from "../line/flags.ts";
import { ONE_ID } from "../line/ids.ts";

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
    ["logs j1 --follow", "and what comes"],
    ["logs j1 --timestamps", "with the time before each line"],
    ["logs j1 --attempt 1 --stderr --lines 20", "the end of what the first attempt complained about"],
  ],
  flags: {
    attempt: count({ min: 1, max: 1e9 }, "which attempt (default: the latest)"),
    stdout: toggle("only standard output"),
    stderr: toggle("only standard error"),
    lines: count({ min: 0, max: 1e9 }, "only the last N lines of what is there"),
    timestamps: toggle("before each line, the time at which its end was seen"),
    follow: toggle("go on printing until the job has ended"),
  },
  words: ONE_ID,
  async run(context, { stdout, stderr, ...flags }, [id]) {
    if (context.json && flags.follow) {
      throw new BadInput("Cannot use --json with --follow: a document has an end");
    }
    const store = await context.store();
    const job = await store.get(id!);
    if (job === undefined) throw new NoSuch(`Cannot show logs of job "${id}": no such job`);
    const attempt = flags.attempt ?? job.lastAttempt;
    if (attempt > job.lastAttempt || (attempt === 0 && !flags.follow)) throw noAttempt(job, attempt);
    const streams: Stream[] = stdout === stderr ? ["stdout", "stderr"] : [stdout ? "stdout" : "stderr"];
    const request = { id: job.id, attempt, streams };
    if (context.json) return await printJson(context, request);
    const format = flags.timestamps ? await stampedLines() : () => undefined;
    if (!flags.follow) {
      const output = new OutputReader(store, request, format());
      return await printBytes(context, output.allBytes(), flags.lines);
    }
    await follow(context, { ...request, lines: flags.lines, format, onlyThis: flags.attempt !== undefined });
  },
});

function noAttempt(job: Job, attempt: number): Refused {
  const subject = attempt === 0 ? "" : `attempt ${attempt} of `;
  const latest = job.lastAttempt === 0 ? "it has not run yet" : `its latest attempt is ${job.lastAttempt}`;
  return new Refused(`Cannot show logs of ${subject}job "${job.id}": ${latest}`);
}

/** Makes formats with the time before each line. */
async function stampedLines(): Promise<() => OutputFormat> {
  const [{ StampedLines }, { NO_STAMP, stamp }] = await Promise.all([
    import("../../views/stamped_lines.ts"),
    import("../show/stamps.ts"),
  ]);
  return () => new StampedLines((seenAt) => seenAt === null ? NO_STAMP : stamp(seenAt));
}

async function printJson(context: Context, request: OutputRequest): Promise<void> {
  const { outputJson, seenJson } = await import("../../views/output_json.ts");
  const pieces = await Array.fromAsync(new OutputReader(await context.store(), request).unread());
  const { id, attempt, streams } = request;
  context.print.result({ id, attempt, ...outputJson(pieces, streams), seen: seenJson(pieces) }, () => "");
}

/** Prints what comes; only the last `lines` of it unless undefined. */
async function printBytes(
  context: Context,
  bytes: AsyncIterable<Uint8Array>,
  lines: number | undefined,
): Promise<void> {
  if (lines === undefined) {
    for await (const some of bytes) context.print.bytes(some);
  } else context.print.bytes(lastLines(joined(await Array.fromAsync(bytes)), lines));
}

/** What to follow: `onlyThis` attempt, or the ones after it too. */
interface Following extends OutputRequest {
  lines: number | undefined;
  /** How an attempt's output is printed; undefined is as it was printed. */
  format: () => OutputFormat | undefined;
  onlyThis: boolean;
}

/** Prints what is there and what comes, until the job has ended or is gone. */
async function follow(context: Context, { lines, format, onlyThis, ...request }: Following): Promise<void> {
  const store = await context.store();
  using changes = watchStore(store, context.clock);
  let output = new OutputReader(store, request, format());
  for (let first = true;; first = false) {
    // The job is asked for before its output: once its attempt has ended, all the output is there.
    const job = await store.get(request.id);
    const over = job === undefined || hasEnded(job, output.attempt);
    await printBytes(context, over ? output.allBytes() : output.unreadBytes(), first ? lines : undefined);
    if (job === undefined || (onlyThis && over)) return;
    if (job.lastAttempt > output.attempt) {
      output = new OutputReader(store, { ...request, attempt: output.attempt + 1 }, format());
      if (output.attempt > 1) context.print.note(`Attempt ${output.attempt} of job ${job.id}`);
    } else if (ENDED.includes(job.state)) return;
    else await changes.next();
  }
}

function hasEnded(job: Job, attempt: number): boolean {
  return job.lastAttempt > attempt || job.state !== "processing";
}
