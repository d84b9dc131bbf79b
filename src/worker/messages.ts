/**
 * @module
 * What a supervisor and its worker threads say to each other.
 */
import type { Outcome, Stream } from "../domain/job.ts";
import type { AttemptSaid, OutputPiece } from "../store/contract.ts";
import type { Launch } from "./process/platform.ts";

/** One attempt to run. Its `env` has not got the run's token yet. */
export interface RunRequest extends Launch {
  /** What it reads on its stdin; nothing unless given. */
  stdin?: Uint8Array | null;
  /** What it finds in its checkpoint; nothing unless given. */
  checkpoint?: Uint8Array;
  /** What it finds of those it needs; nothing unless given. */
  needs?: Uint8Array;
  /** Names the attempt, and all its processes. */
  token: string;
  /** 0 is no timeout. */
  timeoutMs: number;
  /** It is ended when it neither prints nor says anything for so long; 0 is no such limit. */
  idleTimeoutMs: number;
  /** Between SIGTERM and SIGKILL after a timeout. */
  killGraceMs: number;
  /** Bytes kept of each output stream. */
  outputLimit: number;
  /** It may well not start: it is to be told when it has. */
  uncertain?: boolean;
  /** Bytes it may print, both streams together, before it is ended; 0 is any number. */
  maxOutput: number;
}

/** One attempt to watch that was started by somebody else. */
export interface AdoptRequest extends RunRequest {
  /** How far each stream has been handed over. */
  printed: Record<Stream, number>;
  /** When it began, in ms since the epoch, where nobody knows better. */
  claimedAt: number;
  /** Why it is lost when it has left no end: its processes cannot be seen from here. Null when they can. */
  outOfSight: string | null;
  /** Whoever watched it may have been ending it for this reason. */
  cancelRequested: boolean;
  /** As in `Job`. */
  pausedAt: number | null;
  /** As in `Attempt`. */
  pausedMs: number;
}

/** Why an attempt is ended before its time, by somebody's wish. */
export type EndReason = "cancelled" | "released";

/** From the supervisor. */
export type ToThread =
  /** Runs attempts, `slots` at a time, in the given order behind those it has already. */
  | { type: "run"; requests: RunRequest[]; slots: number }
  /** Watches attempts that run already, whatever the slots say. */
  | { type: "adopt"; requests: AdoptRequest[] }
  /** Ends an attempt, or gives it back when it has not begun. */
  | { type: "end"; token: string; reason: EndReason; graceMs: number }
  /**
   * Lets an attempt stand still, as was asked for at `since` in ms since the epoch, or gives it back when it has not
   * begun. Null lets it go on.
   */
  | { type: "pause"; token: string; since: number | null }
  /** Gives back every attempt that has not begun. */
  | { type: "recall" };

/** How the error of an attempt begins whose command never did, through the job's fault or the host's. */
export const COULD_NOT_START = "could not start";

/** How an attempt ended, as whoever watched it reports. */
export interface AttemptEnd {
  /** Which attempt. */
  token: string;
  /** `lost` only where it was adopted; `unstarted` also where that is not its job's fault. */
  outcome: Outcome | "unstarted";
  /** Null when it was killed or did not start. */
  exitCode: number | null;
  /** The signal that killed it, such as `SIGKILL`. */
  signal: string | null;
  /** Why it did not complete, or not even begin, in a few words; null when there is nothing to say. */
  error: string | null;
  /** In ms since the epoch; null where nobody knows, or it never began. */
  startedAt: number | null;
  /** In ms since the epoch. */
  finishedAt: number;
  /** The CPU time of its processes, in ms, as far as they were waited for; left out where nobody knows. */
  cpuMs?: number;
  /** Its end may have been left as a file of its own. */
  witnessed: boolean;
  /** What was given back of its output has left names in the spool. */
  trimmed: boolean;
  /** Output that was not handed over before. */
  pieces: OutputPiece[];
  /** What it said that was not handed over before; left out where it said nothing. */
  said?: Omit<AttemptSaid, "token">;
  /** It wants to be put off for so long, in ms. */
  retryInMs?: number;
  /** It has left files beside its output. */
  spoke?: boolean;
  /** Its checkpoint may be stored. */
  hasCheckpoint?: boolean;
}

/** From a worker thread. */
export type FromThread =
  | { type: "ready" }
  | { type: "output"; token: string; pieces: OutputPiece[] }
  | { type: "said"; said: AttemptSaid }
  | { type: "ended"; ended: AttemptEnd[] }
  /** It stands still by the wish of that time, but for so many of its processes, which could not be stopped. */
  | { type: "paused"; token: string; since: number; unstopped: number }
  /** One that was uncertain has begun. */
  | { type: "works" }
  /** These have not begun and will not. */
  | { type: "returned"; tokens: string[] };
