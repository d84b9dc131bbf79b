/**
 * @module
 * Groups of jobs.
 */
import type { EndState } from "../../domain/job.ts";

/**
 * Groups of jobs: counters. A group is there from its first job on, and has ended once it is sealed and none of its jobs is
 * open. It goes on when one of them runs again, or jobs are added in spite of the seal. Jobs that are removed after their
 * end stay counted; those removed before count as cancelled.
 */
export interface GroupStore {
  /** Groups, the newest first: all of them, or a page. */
  groups(page?: GroupPage): Promise<Group[]>;
  /** How many have not ended, counted to at most `limit`. */
  openGroups(limit: number): Promise<number>;
  /** A group, or undefined. */
  group(name: string): Promise<Group | undefined>;
  /** Nobody but its own jobs adds to it from now on; done again, it changes nothing. @throws {Refused} when there is none */
  sealGroup(name: string, now: number): Promise<void>;
  /**
   * Forgets a group.
   * @throws {Refused} when there is none, it has jobs, or some wait for it
   */
  deleteGroup(name: string): Promise<void>;
}

/** A page of groups. */
export interface GroupPage {
  /** Those made before this one. */
  after?: string;
  /** Only those that have not ended: the others cost nothing, however many they are. */
  open?: boolean;
  /** At most so many. */
  limit: number;
}

/** How a group ended: all of its jobs completed, as far as they were needed; some failed; else, some were called off. */
export type GroupEnd = "open" | "completed" | "failed" | "cancelled";

/** A group. */
export interface Group {
  /** As jobs name it. */
  name: string;
  /** In ms since the epoch. */
  createdAt: number;
  /** Nobody but its own jobs adds to it. */
  sealed: boolean;
  /** Open, or how it ended. */
  end: GroupEnd;
  /** In ms since the epoch; null while it is open. */
  endedAt: number | null;
  /** How many of its jobs have not ended. */
  open: number;
  /** How many of those run. */
  running: number;
  /** How many of its jobs ended so, also those that were removed since. */
  ended: Record<EndState, number>;
  /** With so many dead jobs the waiting ones are called off; null is never. */
  maxFailures: number | null;
}

/** What is said of the groups that new jobs join. */
export interface Joining {
  /** Groups that are made by this are sealed with it. */
  seal?: boolean;
  /** Add to groups that are sealed, too. */
  reopen?: boolean;
  /** As in `Group`; left out leaves it as it is. */
  maxFailures?: number;
  /** The job that enqueues them: to its own group it may add as long as it runs. */
  by?: string;
}
