/**
 * @module
 * `enqueue --wait` and `--follow`: stays until the jobs have ended, and ends as they did.
 */
import { StoreUnusable } from "../../domain/errors.ts";
import { ENDED, type Job, STREAMS } from "../../domain/job.ts";
import { watchStore } from "../../views/watch_store.ts";
import type { Context } from "../line/context.ts";
import { jobCount } from "../line/ids.ts";
import { follow } from "./follow.ts";
import { Standstill, whyJobsStand } from "./say_standstill.ts";

/** As timeout(1) says it. */
const TIMED_OUT = 124;

/** What shells add to the number of the signal that ended a command. */
const SIGNALLED = 128;

/** Of a job that has no exit code to pass on: it was called off, or lost. */
const NO_CODE = 1;

/** Jobs that were just enqueued. */
export interface Attended {
  /** In their order. */
  ids: readonly string[];
  /** Prints what they print, too: each to its end, in their order. */
  follow: boolean;
}

/**
 * Looks whether whoever is to wait may read jobs, while there is none yet that would go on without them.
 * @throws {StoreUnusable} as reading does
 */
export async function requireReadable(context: Context): Promise<void> {
  const store = await context.store({ reserve: false });
  try {
    await store.states(["j0"]);
  } catch (error) {
    if (error instanceof StoreUnusable) {
      error.message = `Cannot wait, so nothing was enqueued: ${lower(error.message)}`;
    }
    throw error;
  }
}

/**
 * Waits for jobs. Returns the exit code of the first that did not complete, else 0. Ctrl-C ends the waiting, not the
 * jobs.
 */
export async function attend(context: Context, { ids, follow }: Attended): Promise<number> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  Deno.addSignalListener("SIGINT", onInterrupt);
  try {
    const { signal } = interrupt;
    let left = ids;
    const standstill = await Standstill.begin(context, () => whyJobsStand(context, left), { isSaid: true });
    const jobs: Job[] = [];
    const codes: number[] = [];
    for (const [index, id] of ids.entries()) {
      left = ids.slice(index);
      if (follow) await followOne(context, { id, signal, standstill, heading: ids.length > 1 });
      const job = await ended(context, { id, signal, standstill });
      if (signal.aborted) return interrupted(context, left);
      codes.push(await exitCodeOf(context, { id, job }));
      if (job) jobs.push(job);
    }
    if (context.json) await printJson(context, jobs, ids.length);
    return codes.find((code) => code !== 0) ?? 0;
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
}

/** A job that is waited for. */
interface Awaited {
  id: string;
  signal: AbortSignal;
  standstill: Standstill | undefined;
}

async function followOne(
  context: Context,
  { id, signal, standstill, heading }: Awaited & { heading: boolean },
): Promise<void> {
  if (heading) context.print.hint(`Job ${id}`);
  await follow(context, {
    id,
    attempt: 0,
    streams: STREAMS,
    sink: (stream, bytes) => context.print.bytes(bytes, stream),
    standstill,
    signal,
  });
}

/** The job once it has ended; undefined when it is gone, or `signal` aborts. */
async function ended(
  context: Context,
  { id, signal, standstill }: Awaited,
): Promise<Job | undefined> {
  const store = await context.store();
  using changes = watchStore(store, context.clock);
  for (; !signal.aborted; await changes.next(signal)) {
    const [state] = await store.states([id]);
    if (state === undefined) return undefined;
    if (ENDED.includes(state)) return await store.get(id);
    await standstill?.look();
  }
  return undefined;
}

async function printJson(context: Context, jobs: readonly Job[], asked: number): Promise<void> {
  const { jobJson } = await import("../../views/job_json.ts");
  const all = jobs.map(jobJson);
  context.print.result(asked === 1 && all.length === 1 ? all[0] : { jobs: all }, () => "");
}

function interrupted(context: Context, left: readonly string[]): number {
  const [first] = left;
  const what = left.length === 1 ? `Job ${first} goes on` : `${jobCount(left.length)} go on, from ${first}`;
  context.print.note(
    `${what}: queuectl logs ${first} --follow reads on, queuectl cancel ${first} calls it off`,
  );
  return SIGNALLED + 2;
}

/**
 * What a shell would say of the command: its exit code, or 128 and its signal; 124 when its time was up. Says why it is
 * not 0.
 */
async function exitCodeOf(
  context: Context,
  { id, job }: { id: string; job: Job | undefined },
): Promise<number> {
  if (job?.state === "completed") return 0;
  if (job === undefined) {
    context.print.note(`Job ${id} was deleted before it had ended`);
    return NO_CODE;
  }
  context.print.note(`Job ${id} is ${job.state}${job.error === null ? "" : `: ${job.error}`}`);
  if (job.state === "cancelled") return NO_CODE;
  const attempts = await (await context.store()).attempts(id);
  if (attempts.at(-1)?.outcome === "timed_out") return TIMED_OUT;
  if (job.signal !== null) return SIGNALLED + await numberOf(job.signal);
  return job.exitCode || NO_CODE;
}

async function numberOf(signal: string): Promise<number> {
  const { constants } = await import("node:os");
  return (constants.signals as Record<string, number>)[signal] ?? 0;
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
