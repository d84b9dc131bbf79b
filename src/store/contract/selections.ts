/**
 * @module
 * Which jobs are meant, and what is asked for many of them.
 */
import type { EditableName, FIELDS } from "../../domain/fields.ts";
import type { Job, NewJob, State } from "../../domain/job.ts";

/** What people ask for jobs. */
export type Verb = "cancel" | "retry" | "delete" | "edit" | "hold" | "release" | "pause" | "resume";

/** What jobs are selected for. */
export interface Wish {
  /** What is to be done to them. */
  verb: Verb;
  /** Only to jobs in one of these states; left out is in all that allow it. */
  only?: readonly State[];
}

/** Jobs that were selected. */
export interface Selection {
  /** What found them. */
  which: JobSelector;
  /** What for. */
  wish: Wish;
  /** Their numbers, oldest first. */
  seqs: readonly number[];
  /** How many more were found, to which it cannot be done or is done already. */
  passedOver: number;
}

/** How selected jobs are changed. */
export interface ChangeOptions {
  /** In ms since the epoch. */
  now: number;
  /** What `edit` sets. */
  changes?: JobChanges;
}

/** What came of a change. */
export interface Changed {
  /** To how many jobs it was done. */
  done: number;
  /** How many had changed since they were selected, and were passed over. */
  changedMeanwhile: number;
  /** After `retry`, how many of them stay held. */
  held: number;
  /** After `cancel`, the ids of those that are still to be ended by whoever runs them. */
  requested: readonly string[];
}

/** What `edit` can change; fields left out stay. */
export type JobChanges = Partial<Pick<NewJob, (typeof FIELDS)[EditableName]["key"]>>;

/** Which jobs: those that have all of this. Without anything, every job. */
export interface JobSelector {
  /** Only jobs in this state. */
  state?: State;
  /** Only jobs in one of these states. */
  states?: readonly State[];
  /** Only jobs of this queue. */
  queue?: string;
  /** Only jobs of one of these queues. */
  queues?: readonly string[];
  /** Only jobs with exactly this label. */
  label?: string;
  /** Only jobs with exactly one of these labels. */
  labels?: readonly string[];
  /** Only jobs of this group. */
  group?: string;
  /** Only jobs with exactly this key, whether they have it still or not. */
  uniqueKey?: string;
  /** Only jobs that this schedule has made, as far back as its history is kept. */
  schedule?: string;
  /** Text that the command or the id contains. */
  search?: string;
  /** Text that what is said of the last failure contains. */
  error?: string;
  /** Only jobs whose last attempt ended with this exit code. */
  exitCode?: number;
  /** Only dead jobs that died of this, as `deadGroups` says it. */
  diedOf?: string;
  /** Only jobs enqueued at this time or later, in ms since the epoch. */
  since?: number;
  /** Only jobs enqueued before this time, in ms since the epoch. */
  until?: number;
}

/** Which jobs to list, and in what order. */
export interface JobFilter extends JobSelector {
  /** Default `newest`. `priority` is the order of claiming and goes with `state: "pending"`-like views. */
  sort?: "newest" | "oldest" | "priority";
  /** At least 1. */
  limit: number;
  /** From the page before. */
  cursor?: string;
}

/** One page of jobs. */
export interface JobPage {
  /** In the order asked for. */
  jobs: Job[];
  /** For the next page; null when this is the last. */
  cursor: string | null;
}
