/**
 * @module
 * How an attempt went, by what is known of its first process and of whoever ended it. Pure.
 */
import { formatDuration } from "../../domain/duration.ts";
import { formatSize } from "../../domain/settings.ts";
import { type AttemptEnd, COULD_NOT_START, type EndReason } from "../messages.ts";
import { saySurvivors } from "../process/end_tree.ts";
import type { ProcessEnd } from "../spool/spool.ts";
import type { Blame } from "./blame.ts";

export interface Result extends ProcessEnd, Pick<AttemptEnd, "outcome" | "error"> {
  /** In ms since the epoch; left out where the time of asking is as good. */
  startedAt?: number;
  /** In ms since the epoch; left out where the time of noticing is as good. */
  finishedAt?: number;
  /** As in `AttemptEnd`; left out where nobody knows. */
  witnessed?: boolean;
  /** As in `AttemptEnd`. */
  cpuMs?: number;
}

/** An end, and what is known of what it took. */
export type KnownEnd = ProcessEnd & Pick<AttemptEnd, "cpuMs">;

/** An end of which nothing is known. */
export const NO_END: ProcessEnd = { exitCode: null, signal: null };

/** By somebody's wish, or by its own doing. */
export type Reason = EndReason | "timed_out" | "idle" | "printed_too_much";

/** The result of an attempt whose command never began. */
export function notBegun({ job, reason }: Blame): Result {
  return job
    ? { ...NO_END, outcome: "failed", error: `${COULD_NOT_START}: ${reason}` }
    : { ...NO_END, outcome: "unstarted", error: reason };
}

/** How a command went that ended by itself or was killed by somebody else. */
export function resultOf({ exitCode, signal, cpuMs }: KnownEnd): Result {
  const used = cpuMs === undefined ? {} : { cpuMs };
  if (signal !== null) {
    return { exitCode: null, signal, outcome: "failed", error: `killed by ${signal}`, ...used };
  }
  if (exitCode === 0) return { exitCode, signal, outcome: "completed", error: null, ...used };
  return { exitCode, signal, outcome: "failed", error: `exit code ${exitCode}`, ...used };
}

/** SIGXCPU, as shells say it of what they ran. */
const EXCEEDED = 128 + 24;

/** How a command went that ended by itself, in the words of the limit that it hit, as far as that can be known. */
export function namingLimit<R extends Pick<Result, "outcome" | "exitCode" | "signal" | "error">>(
  result: R,
  { cpuTimeMs = null }: { cpuTimeMs?: number | null } = {},
): R {
  if (cpuTimeMs === null || result.outcome !== "failed") return result;
  const used = `used more than its ${formatDuration(cpuTimeMs)} of CPU time`;
  if (result.signal === "SIGXCPU") return { ...result, error: used };
  if (result.exitCode === EXCEEDED) {
    return { ...result, error: `${result.error}: one of its processes ${used}` };
  }
  return result;
}

/** How an attempt went that was ended, with `survivors`, processes that could not be. */
export function endedBy(
  reason: Reason,
  { end, survivors, timeoutMs, idleTimeoutMs, maxOutput }: {
    end: KnownEnd;
    survivors: number;
    timeoutMs: number;
    idleTimeoutMs: number;
    maxOutput: number;
  },
): Result {
  const said = {
    timed_out: `timed out after ${formatDuration(timeoutMs)}`,
    idle: `neither printed nor said anything for ${formatDuration(idleTimeoutMs)}`,
    printed_too_much: `printed more than ${formatSize(maxOutput)}`,
    cancelled: "cancelled",
    released: "put back by its worker",
  }[reason];
  const outcome = reason === "printed_too_much" ? "failed" : reason;
  const { exitCode, signal, cpuMs } = end;
  return {
    ...{ outcome, exitCode, signal, error: said + saySurvivors({ survivors }) },
    ...(cpuMs === undefined ? {} : { cpuMs }),
  };
}
