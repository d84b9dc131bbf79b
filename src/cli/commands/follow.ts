/**
 * @module
 * Printing what a job prints while it does, attempt after attempt. Where it goes is for the caller to say.
 */
import { ENDED, type Job, type Stream } from "../../domain/job.ts";
import {
  joined,
  lastLines,
  type OutputFormat,
  OutputReader,
  type OutputRequest,
  type Unread,
} from "../../views/output_reader.ts";
import { watchStore } from "../../views/watch_store.ts";
import type { Context } from "../line/context.ts";
import type { Standstill } from "./say_standstill.ts";

/** Takes what is to be printed. */
export type Sink = (stream: Stream, bytes: Uint8Array) => void;

/** What was not printed yet; only the last `lines` of it unless undefined. */
interface UnreadLines extends Unread {
  lines?: number | undefined;
}

/** Prints what was not printed yet. */
export async function printUnread(
  output: OutputReader,
  sink: Sink,
  { lines, ...how }: UnreadLines,
): Promise<void> {
  if (lines === undefined) {
    for await (const { stream, bytes } of output.unreadByStream(how)) sink(stream, bytes);
  } else sink("stdout", lastLines(joined(await Array.fromAsync(output.unreadBytes(how))), lines));
}

/** What to follow. */
export interface Following extends OutputRequest {
  /** Of what is there at the beginning, only the last lines. */
  lines?: number | undefined;
  /** Not the attempts after it. */
  onlyThis?: boolean;
  sink: Sink;
  /** Makes the format of each attempt's output; left out is as it was printed. */
  format?: (() => OutputFormat) | undefined;
  /** Says what is in the way. */
  standstill?: Standstill | undefined;
  /** Ends it early. */
  signal?: AbortSignal;
}

/** Prints what is there and what comes, until the job has ended, is gone, or `signal` aborts. */
export async function follow(context: Context, following: Following): Promise<void> {
  const { lines, onlyThis = false, sink, format, standstill, signal, ...request } = following;
  const store = await context.store();
  using changes = watchStore(store, context.clock);
  let output = new OutputReader(store, request, format?.());
  for (let first = true; !signal?.aborted; first = false) {
    // The job is asked for before its output: once its attempt has ended, all the output is there.
    const job = await store.get(request.id);
    const over = job === undefined || hasEnded(job, output.attempt);
    await printUnread(output, sink, { lines: first ? lines : undefined, over });
    if (job === undefined || (onlyThis && over)) return;
    if (job.lastAttempt > output.attempt) {
      output = new OutputReader(store, { ...request, attempt: output.attempt + 1 }, format?.());
      if (output.attempt > 1) context.print.hint(`Attempt ${output.attempt} of job ${job.id}`);
    } else if (ENDED.includes(job.state)) return;
    else {
      await standstill?.look();
      await changes.next(signal);
    }
  }
}

function hasEnded(job: Job, attempt: number): boolean {
  return job.lastAttempt > attempt || job.state !== "processing";
}
