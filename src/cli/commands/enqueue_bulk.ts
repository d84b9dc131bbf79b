/**
 * @module
 * Queueing all the jobs of a file, or none.
 */
import { inPlace, readBulk } from "../../domain/bulk.ts";
import { BadNeed, NeedsCycle, TakenId } from "../../domain/errors.ts";
import { hasNeeds, isKeyed, type NewJob } from "../../domain/job.ts";
import type { JobDefaults } from "../../domain/spec.ts";
import { timeReader } from "../../domain/when.ts";
import type { Placed } from "../../store/contract.ts";
import { checkFits, takesSome } from "../../views/shortages.ts";
import type { Context } from "../line/context.ts";
import { type JoiningFlags, joiningOf } from "./joining.ts";
import { inputName, readTextInput } from "./read_input.ts";

/** Which file, and what holds for each of its jobs. */
export interface BulkRequest {
  /** `-` is standard input. */
  path: string;
  /** Where it is queued, when, and what the flags said. */
  defaults: JobDefaults;
  /** What is said of groups. */
  joining: JoiningFlags;
}

/**
 * Queues the jobs of a file. Returns them with their ids.
 * @throws {BadInput} or {TakenId} that names the line; then nothing was queued
 */
export async function enqueueBulk(
  context: Context,
  { path, defaults, joining }: BulkRequest,
): Promise<StoredMany> {
  const source = inputName(path);
  const { jobs, place } = readBulk(await readTextInput(path), {
    source,
    defaults: { ...defaults, readTime: timeReader(defaults.now) },
  });
  return await storeMany(context, { jobs, now: defaults.now, joining }).catch((error) => {
    if (error instanceof TakenId || error instanceof BadNeed) {
      throw inPlace(error, { source, place: place(error.index) });
    }
    throw error instanceof NeedsCycle ? inPlace(error.among((n) => place(n)), { source }) : error;
  });
}

/** Very many jobs, and when they are enqueued. */
export interface Many {
  jobs: readonly NewJob[];
  now: number;
  joining: JoiningFlags;
}

/** Jobs that are stored, and their ids in the same order. */
export interface StoredMany {
  jobs: readonly NewJob[];
  ids: string[];
  /** What has become of them, where some have keys. */
  placed?: Placed[];
}

/** Stores jobs, all or none. @throws {TakenId} that says which */
export async function storeMany(context: Context, { jobs, now, joining: said }: Many): Promise<StoredMany> {
  const joining = joiningOf(said, jobs);
  const store = await context.store({ reserve: false });
  const { idFormat } = await context.settings();
  // those that wait for others are looked at together
  const shows = context.print.hints && Deno.stderr.isTerminal() && !jobs.some(hasNeeds);
  const options = { now, idFormat, ...joining && { joining: { ...joining, seal: true } } };
  if (jobs.some(takesSome)) await checkFits(store, jobs, now);
  if (!jobs.some(isKeyed)) {
    return { jobs, ids: await store.enqueue(shows ? withProgress(jobs) : jobs, options) };
  }
  const placed = await store.enqueueUnique(jobs, options);
  return { jobs, ids: placed.map(({ id }) => id), placed };
}

const BAR_WIDTH = 30;

/** The same jobs, with a bar on stderr while they are taken. */
function* withProgress(jobs: readonly NewJob[]): Iterable<NewJob> {
  const step = Math.max(1, Math.floor(jobs.length / 100));
  for (const [index, job] of jobs.entries()) {
    if (index % step === 0) drawBar(index / jobs.length);
    yield job;
  }
  drawBar(undefined);
}

/** Draws the bar over itself; undefined removes it. */
function drawBar(share: number | undefined): void {
  const filled = Math.round((share ?? 0) * BAR_WIDTH);
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)} ${Math.round((share ?? 0) * 100)} %`;
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(share === undefined ? "\r\x1b[K" : `\r${bar}`));
  } catch {
    // Nobody looks; the jobs are queued all the same.
  }
}
