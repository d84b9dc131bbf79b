/**
 * @module
 * How jobs are enqueued, and what came of it.
 */
import type { Joining } from "./groups.ts";

/** How jobs are enqueued. */
export interface EnqueueOptions {
  /** In ms since the epoch: when the jobs were enqueued. */
  now: number;
  /** Ids of jobs that bring none. */
  idFormat: "short" | "uuid";
  /** Makes it safe to ask again: the second time, nothing is enqueued, and the ids of the first time are returned. */
  request?: RequestKey;
  /** Of the groups that they join. */
  joining?: Joining;
}

/** What has become of a new job. */
export interface Placed {
  /** The job that is there now: itself, or the one in whose place it would have been. */
  id: string;
  /**
   * `new`: it is stored. `follows`: so it is, and comes after the job that has its key. `kept`: another one has its key, and
   * is as it was. `replaced`: a job that waited has become this one.
   */
  made: "new" | "follows" | "kept" | "replaced";
  /** The job that it follows. */
  after?: string;
}

/** Names a request, which is remembered for a day. */
export interface RequestKey {
  /** Chosen by whoever asks. */
  key: string;
  /** The same for the same request, and no other. */
  fingerprint: string;
}
