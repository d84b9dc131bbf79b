/**
 * @module
 * Queues and their switches.
 */
import type { State } from "../../domain/job.ts";
import type { QueueLimits } from "./limits.ts";

/**
 * Named queues. A queue exists from its first job or its first switch on, until it has had neither for a day; then it
 * and its figures are forgotten the next time anything is counted.
 */
export interface QueueStore {
  /** Queues by name, with their counts by state: all of them, or a page. */
  queues(page?: QueuePage): Promise<QueueInfo[]>;
  /** A queue, or undefined. */
  queue(name: string): Promise<QueueInfo | undefined>;
  /** How many jobs there are, over all queues, and the queues that are worth showing, at most `most`, by name. */
  summary(most: number): Promise<QueueSummary>;
  /**
   * Queues in which jobs wait that nobody takes, those with the most first, at most `limit`: paused ones; and, unless
   * `served` is null, those with pending jobs that are not among these.
   */
  standing(which: { served: readonly string[] | null; limit: number }): Promise<QueueInfo[]>;
  /**
   * Removes a queue, its switches and its figures. What is counted over all queues stays.
   * @throws {Refused} when there is none, or it has jobs
   */
  deleteQueue(name: string): Promise<void>;
  /** Changes a queue's switches, creating it if need be; those left out stay. */
  setQueue(name: string, change: Partial<QueueSwitches>): Promise<void>;
}

/** A page of queues. */
export interface QueuePage {
  /** Names after this one. */
  after?: string;
  /** At most so many. */
  limit: number;
}

/** Queues at a glance. */
export interface QueueSummary {
  /** Jobs by state, over all queues. */
  counts: Record<State, number>;
  /** Those that run something, then those whose jobs are next, then the first by name. */
  queues: QueueInfo[];
  /** How many queues there are. */
  of: number;
}

/** What can be set of a queue. */
export interface QueueSwitches extends QueueLimits {
  /** No job of it is claimed. */
  paused: boolean;
  /** How many of its jobs may run at a time, over all workers of the store; null is no limit. */
  concurrency: number | null;
  /** How long its completed and cancelled jobs are kept, in ms; 0 is for ever, null is as the setting says. */
  retentionMs: number | null;
  /** The same of its dead jobs. */
  retentionDeadMs: number | null;
}

/** A queue. */
export interface QueueInfo extends QueueSwitches {
  /** As jobs name it. */
  name: string;
  /** How many of its jobs are in each state. */
  counts: Record<State, number>;
}
