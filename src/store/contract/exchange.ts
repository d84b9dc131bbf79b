/**
 * @module
 * The exchange of a supervisor with the store: it hands in what ended and takes what is to run.
 */
import type { Job, Outcome, Progress, State, Usage } from "../../domain/job.ts";
import type { Group } from "./groups.ts";
import type { OutputPiece } from "./output.ts";

/** One call of `exchange`. */
export interface Exchange {
  /** Who asks. */
  supervisor: string;
  /** In ms since the epoch. */
  now: number;
  /** What ended since the last exchange. */
  settlements: readonly Settlement[];
  /** What was printed since the last exchange. */
  output: readonly AttemptOutput[];
  /** What attempts said since, before they are settled. Of those that are not this supervisor's, nothing is heard. */
  said?: readonly AttemptSaid[];
  /**
   * One entry for every place for a job: the worker that gets it. The first entry gets the first job; one that takes
   * several slots goes to the first of as many entries.
   */
  free: readonly string[];
  /** So many of the last of `free` would not begin their job at once; left out is none. */
  ahead?: number;
  /** Take jobs from these queues only; null is all. */
  queues: readonly string[] | null;
}

/** How an attempt ended, and what becomes of its job (see `nextState` in `retry.ts`). */
export interface Settlement {
  /** Which attempt. */
  token: string;
  /** When it really began, in ms since the epoch; null leaves the time of the claim. */
  startedAt: number | null;
  /** When it ended, in ms since the epoch. */
  finishedAt: number;
  /**
   * `unstarted`: the command never began. The attempt is undone as if its job had never been claimed, and nothing
   * is counted.
   */
  outcome: Outcome | "unstarted";
  /** Null when it was killed, or nobody knows. */
  exitCode: number | null;
  /** The signal that killed it, such as `SIGKILL`. */
  signal: string | null;
  /** Why it failed, in a few words. */
  error: string | null;
  /** As in `Attempt`; left out is unknown. */
  cpuMs?: number | null;
  /**
   * Where the job goes. The store makes it `cancelled` instead when cancelling was asked for and the job would
   * otherwise be `failed`, `dead` or `pending`.
   */
  state: State;
  /** Null keeps the job's own, except that a released job may run from `finishedAt` on. */
  runAt: number | null;
}

/** Output of a running or just ended attempt. */
export interface AttemptOutput {
  /** Which attempt. */
  token: string;
  /** In the order printed. */
  pieces: readonly OutputPiece[];
}

/** What an attempt said of itself that is new; what is left out stays. */
export interface AttemptSaid {
  /** Which attempt. */
  token: string;
  /** How far it is. */
  progress?: Progress;
  /** What it was seen to take; said by who watches it. */
  usage?: Usage;
  /** As in `Attempt`. */
  note?: string;
  /** What it leaves, at most `LARGEST_RESULT` bytes. */
  result?: Uint8Array;
  /** What the next attempt of its job shall find, as large at most; null is nothing. */
  checkpoint?: Uint8Array | null;
  /** As in `Job`, from the end of this attempt on. */
  snoozedSince?: number | null;
}

/** What came of an exchange. */
export interface Exchanged {
  /** In the order of `free`; at most as many. */
  claimed: ClaimedJob[];
  /** Tokens among the settlements and outputs that were not this supervisor's running attempts (any more). */
  refused: string[];
  /**
   * The earliest `runAt` of a job that waits for its time, not held, or when a rate has room for those that wait for it;
   * null when there is neither. It lies in the past
   * when more jobs were due than one exchange makes pending, or there may be more to claim: come again at once.
   */
  nextDueAt: number | null;
  /**
   * There is reason to stay: something was claimed, or jobs wait (`pending`, `scheduled` or `failed`, not held, in the
   * asked queues and none of them paused).
   */
  waiting: boolean;
}

/** A job just claimed: its attempt has the number `lastAttempt`. */
export interface ClaimedJob extends Job {
  /** The worker that gets it. */
  worker: string;
  /** Names this attempt; unguessable, so that it also names its processes. */
  token: string;
  /** All of what it reads on its stdin, if anything; left out of one that runs already, for which nobody needs it. */
  stdin?: Uint8Array;
  /** What it finds in its checkpoint, if anything; left out as that is. */
  checkpoint?: Uint8Array;
  /** What has become of all that it needs, if anything; left out as that is. */
  needed?: readonly NeededOutcome[];
  /** Of the things that its host has, the numbers of the units that are its own, from 0 on; left out where it takes none. */
  units?: Readonly<Record<string, readonly number[]>>;
}

/** What a job that starts is told of another that it needs, or of a group. */
export interface NeededOutcome {
  /** The job that is needed, or the name of a group. */
  id: string;
  /** How the group is that is needed; null when it is gone, left out where a job is. */
  group?: Pick<Group, "end" | "open" | "ended"> | null;
  /** What has become of it; null when it is gone, or is a group. */
  job: Pick<Job, "state" | "exitCode" | "signal"> | null;
  /** What its last attempt left as its result, if anything. */
  result?: Uint8Array;
  /** It left one; but with those before it, it would be more than `MOST_NEEDED_RESULTS`. */
  leftOut?: true;
}
