/**
 * @module
 * What is done to jobs that wait and to those that run, by ids or by filters: what waits is changed at once; what runs
 * is told to its worker, or, where none is left, done to its processes here.
 */
import type { Store } from "../../../store/contract.ts";
import type { Context } from "../../line/context.ts";
import { jobCount } from "../../line/ids.ts";
import { othersJson, sayOthers } from "./change_many.ts";
import { type Asked, meantJobs } from "./ids_or_filters.ts";

/** One such thing. `Unwatched` is what came of jobs that no worker watches. */
export interface AlsoRunning<Unwatched> {
  /** Does it to jobs by their ids: to how many that waited, and how many run. */
  change(store: Store, ids: readonly string[]): Promise<{ waiting: number; running: number }>;
  /** Does it to the processes of those that no worker watches; undefined when a worker is there to do it. */
  unwatched(ids: readonly string[]): Promise<Unwatched | undefined>;
  /** What JSON calls those that waited. */
  key: string;
  /** What JSON says of those that no worker watches. */
  json(unwatched: Unwatched): Record<string, unknown>;
  /** Of so many jobs that waited. */
  sayWaiting(jobs: string): string;
  /** Of so many that run. */
  sayRunning(jobs: string, unwatched: Unwatched | undefined): string;
}

/** Does it to the jobs that are meant, and prints what came of it. */
export async function changeAlsoRunning<Unwatched>(
  context: Context,
  asked: Asked,
  thing: AlsoRunning<Unwatched>,
): Promise<void> {
  const found = await foundBy(context, asked, thing);
  if (!found) return;
  const { waiting, ids, running, json, others } = found;
  const unwatched = running > 0 ? await thing.unwatched(ids) : undefined;
  context.print.result(
    { [thing.key]: waiting, requested: running, ...unwatched && thing.json(unwatched), ...json },
    () =>
      [
        ...(waiting > 0 || running === 0 ? [thing.sayWaiting(jobCount(waiting))] : []),
        ...(running > 0 ? [thing.sayRunning(jobCount(running), unwatched)] : []),
      ].join("\n") + others,
  );
}

/** How many waited, and how many run. */
interface Found {
  waiting: number;
  running: number;
  /** Those that run; others may be among them. */
  ids: readonly string[];
  /** The jobs to which it was not done, for programs. */
  json: Record<string, number>;
  /** The same for people. */
  others: string;
}

async function foundBy<Unwatched>(
  context: Context,
  asked: Asked,
  { change }: AlsoRunning<Unwatched>,
): Promise<Found | undefined> {
  const meant = await meantJobs(context, asked);
  if ("ids" in meant) {
    const { ids } = meant;
    return { ...await change(await context.store(), ids), ids, json: {}, others: "" };
  }
  const { changed } = meant;
  if (!changed) return undefined;
  const { done, requested: ids } = changed;
  const running = ids.length;
  return { waiting: done - running, running, ids, json: othersJson(changed), others: sayOthers(changed) };
}
