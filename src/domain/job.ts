/**
 * @module
 * The job, its attempts, its states, and the one table of allowed moves between them. Pure.
 * Every write of a state goes along `TRANSITIONS`; the database repeats the names as a CHECK.
 */
import type { NewJob, StoredFields } from "./fields.ts";
import type { SaidNeeds, SkipReason } from "./needs.ts";

export type { NewJob };

/** Every state a job can be in, in the order in which a job meets them. */
export const STATES = [
  "blocked", // waits for other jobs; their ends make it pending, scheduled or skipped
  "pending", // may run now; a worker claims it
  "scheduled", // its `runAt` lies in the future; the clock makes it pending
  "processing", // an attempt is running; its worker settles it
  "completed", // ended with exit code 0; only a person moves it
  "failed", // waits for its next attempt at `runAt`; the clock makes it pending
  "dead", // used up its retries: the dead letter queue; only a person moves it
  "cancelled", // called off by a person; only a person moves it
  "skipped", // can not start, because of how others ended; it is blocked again when they run again
] as const;

/** The state of a job. */
export type State = typeof STATES[number];

/** Where a job may go from each state, and by whom. */
export const TRANSITIONS: Readonly<Record<State, readonly State[]>> = {
  // what it needs has come, or can no longer come; called off; made to run anyway by a person
  blocked: ["pending", "scheduled", "skipped", "cancelled"],
  // claimed by a worker; called off; given a later `runAt` by `edit`; while it never started, what it needs runs again, or
  // it is given needs by `edit`
  pending: ["processing", "cancelled", "scheduled", "blocked", "skipped"],
  // due, or edited to run now; called off; what it needs runs again, or it is given needs by `edit`
  scheduled: ["pending", "cancelled", "blocked", "skipped"],
  // settled by its worker or its rescuer; `pending` when released without counting the attempt
  // `scheduled` when it put itself off
  processing: ["completed", "failed", "dead", "cancelled", "pending", "scheduled"],
  // run again by a person, or together with what it needs
  completed: ["pending", "blocked"],
  // due, or run again by a person; called off; given a later `runAt` by `edit`
  failed: ["pending", "cancelled", "scheduled"],
  // run again by a person, or together with what it needs
  dead: ["pending", "blocked"],
  // run again by a person: as soon as what it needs has come
  cancelled: ["pending", "scheduled", "blocked"],
  // what it needs runs again; made to run anyway by a person
  skipped: ["blocked", "pending", "scheduled"],
};

/** The states from which a job may move to `to`. */
export function statesBefore(to: State): State[] {
  return STATES.filter((from) => TRANSITIONS[from].includes(to));
}

/** States in which a job waits to run. */
export const WAITING: readonly State[] = ["blocked", "pending", "scheduled", "failed"];

/** States of jobs that wait for nothing but a worker or their time. */
export const RUNNABLE: readonly State[] = ["pending", "scheduled", "failed"];

/** States of jobs of a group that are run again with it; what was skipped because of them follows by itself. */
export const UNCOMPLETED: readonly State[] = ["dead", "cancelled", "failed"];

/** States in which a job has come to its end, one of each kind. */
export const END_STATES = ["completed", "dead", "cancelled", "skipped"] as const;

/** A state in which a job has come to its end. */
export type EndState = typeof END_STATES[number];

/** States in which a job has come to its end. */
export const ENDED: readonly State[] = END_STATES;

/** How an attempt ended; `released` means put back without being counted. */
export const OUTCOMES = [
  "completed",
  "failed",
  "timed_out", // it ran for too long
  "idle", // it neither printed nor said anything for too long
  "cancelled",
  "lost", // nobody saw its end
  "snoozed", // it put itself off; not counted
  "released",
] as const;

/** How an attempt ended. */
export type Outcome = typeof OUTCOMES[number];

/** A stored job: its fields, and what has become of it. Times in ms since the epoch. */
export interface Job extends Omit<StoredFields, "id"> {
  /** The user's, or `j<seq>`, or a UUID. */
  id: string;
  /** Position in the order of enqueueing; never reused. */
  seq: number;
  /** How many bytes its attempts find on their stdin; null is none, as if it were closed. */
  stdinSize: number | null;
  /** How many bytes its next attempt finds in its checkpoint; null is none. */
  checkpointSize: number | null;
  /** Since when it has put itself off again and again, in ms since the epoch; null when its latest attempt did not. */
  snoozedSince: number | null;
  /** What its running attempt said last of how far it is; null where it said nothing, or none runs. */
  progress: Progress | null;
  /** What its processes were seen to take; null while none runs, or where nobody has looked. */
  usage: Usage | null;
  /** Changes only along `TRANSITIONS`. */
  state: State;
  /** Attempts that count against `maxRetries` since the job last started afresh. */
  attempts: number;
  /** Number of the latest attempt ever started; 0 is none. Attempts of one job are numbered 1, 2, 3 … for its whole life. */
  lastAttempt: number;
  /** A person asked to call off the running attempt. */
  cancelRequested: boolean;
  /** Since when the running attempt is to stand still, by a person's wish; null when it is not. */
  pausedAt: number | null;
  /** When it was enqueued. */
  createdAt: number;
  /** Start of the latest attempt; null before there is one. */
  startedAt: number | null;
  /** End of the latest attempt, or when a waiting job was called off; null while it waits afresh or runs. */
  finishedAt: number | null;
  /** Of the latest attempt; null while there is none, it was killed, or nobody knows. */
  exitCode: number | null;
  /** The signal that killed the latest attempt, such as `SIGKILL`. */
  signal: string | null;
  /** Why the latest attempt failed, in a few words; null when it did not. */
  error: string | null;
  /** Who ran the latest attempt. */
  worker: string | null;
  /** Why it was skipped; null unless it is. */
  skippedFor: SkipReason | null;
}

/** How far an attempt is, by its own words. */
export interface Progress {
  /** From 0 to 100; null when it did not say. */
  percent: number | null;
  /** Of at most `LONGEST_TEXT` characters on one line; null when it did not say. */
  text: string | null;
}

/** The largest result and the largest checkpoint that are kept, in bytes. */
export const LARGEST_RESULT = 64 * 1024;

/** Of the results of all that a job needs, so many bytes are handed to it. */
export const MOST_NEEDED_RESULTS = 4 * 1024 * 1024;

/** What the processes of a running attempt were seen to take of their host. */
export interface Usage {
  /** The memory that they have now, in bytes; what several of them share counts for each. */
  memory: number;
  /** The most that they were seen to have, or one of them to have had, in bytes: at least that. */
  peakMemory: number;
  /** Their CPU time so far, in ms. */
  cpuMs: number;
}

/** One run of a job. Times in ms since the epoch. */
export interface Attempt {
  /** Its number in its job's life, from 1. */
  attempt: number;
  /** Who watched it last. */
  worker: string;
  /** The worker that started it, where another one adopted it; else null. */
  adoptedFrom: string | null;
  /** Whose attempt it is: only that one settles it. */
  supervisor: string;
  /** The name of the machine it ran on. */
  host: string;
  /** When its command began; while it runs, it may still be the time of the claim. */
  startedAt: number;
  /** Null while it runs. */
  finishedAt: number | null;
  /** Null while it runs. */
  outcome: Outcome | null;
  /** Null while it runs, when it was killed, or nobody knows. */
  exitCode: number | null;
  /** The signal that killed it, such as `SIGKILL`. */
  signal: string | null;
  /** Why it failed, in a few words; null when it did not. */
  error: string | null;
  /** How far it said it was; null where it said nothing. */
  progress: Progress | null;
  /** What is to be said of what it said, in a sentence or two, such as that its result was too large; else null. */
  note: string | null;
  /** Bytes of its result; null where it left none. */
  resultSize: number | null;
  /**
   * The CPU time of its processes, in ms, as far as they were waited for; null while it runs, or where nobody knows: it
   * was killed together with those who would have noted it.
   */
  cpuMs: number | null;
  /** What its processes were seen to take; null where nobody looked, as at attempts of moments. */
  usage: Usage | null;
  /** For how long it stood still, in ms, without the pause that lasts. */
  pausedMs: number;
  /**
   * How many of its processes could not be stopped, which is seldom any; null where it is not paused, and as long as
   * nobody has paused it who was to.
   */
  unstopped: number | null;
}

/** The two output streams of an attempt. */
export const STREAMS = ["stdout", "stderr"] as const;

/** An output stream of an attempt. */
export type Stream = typeof STREAMS[number];

/** Whether anything was said of its needs; of a new job, whether it has any. */
export function hasNeeds(said: Partial<SaidNeeds>): boolean {
  return isSome(said.after) || isSome(said.afterFailed) || isSome(said.afterEnded) ||
    isSome(said.afterGroup) ||
    isSome(said.afterGroupFailed) || isSome(said.afterGroupEnded);
}

/** Whether what becomes of a new job depends on others that are stored: by its key, or since it takes an ended one's id. */
export function isKeyed({ uniqueKey, unique, replaceEnded }: NewJob): boolean {
  return uniqueKey !== null || unique === true || replaceEnded === true;
}

function isSome(refs: readonly unknown[] | null | undefined): boolean {
  return refs !== undefined && refs !== null && refs.length > 0;
}
