/**
 * @module
 * From how an attempt ended to what is settled. Pure. Invariant: a settlement can always be stored and said, whatever
 * a clock, a file's time or a setting made of its numbers; where its job's next attempt makes no sense, the job is dead.
 */
import { nextState } from "../../domain/retry.ts";
import type { Settings } from "../../domain/settings.ts";
import type { ClaimedJob, Settlement } from "../../store/contract.ts";
import { type AttemptEnd, COULD_NOT_START } from "../messages.ts";

/** What a settlement depends on besides. */
export interface SettlingOptions {
  /** Those that hold now. */
  settings: Settings;
  /** A number in [0, 1), for the jitter. */
  random: number;
  /** In ms since the epoch: stands for times that are none. */
  now: number;
}

/** The settlement of an attempt. Never throws. */
export function settlementOf(
  job: ClaimedJob,
  end: Pick<AttemptEnd, "outcome" | "exitCode" | "signal" | "error" | "startedAt" | "finishedAt">,
  { settings, random, now }: SettlingOptions,
): Settlement {
  const { outcome, signal, error } = end;
  const finishedAt = isTime(end.finishedAt) ? end.finishedAt : now;
  const startedAt = end.startedAt !== null && isTime(end.startedAt) ? end.startedAt : null;
  const exitCode = Number.isSafeInteger(end.exitCode) ? end.exitCode : null;
  const settlement = { token: job.token, outcome, exitCode, signal, error, startedAt, finishedAt };
  try {
    const next = nextState({ ...job, outcome, finishedAt }, settings, random);
    if (next.runAt === null || isTime(next.runAt)) return { ...settlement, ...next };
    return unsettleable(settlement, `its next attempt would be at ${next.runAt}`);
  } catch (problem) {
    return unsettleable(settlement, problem);
  }
}

/** What shells end with where a program is not there, or cannot be executed. */
const NO_PROGRAM = [126, 127];

/** An end that may be the fault of the host, on which something is missing that is there on others: says which one it was. */
export function namingHost<End extends Pick<AttemptEnd, "outcome" | "exitCode" | "error">>(
  end: End,
  host: string,
): End {
  const { outcome, exitCode, error } = end;
  const mayBeMissing = outcome === "failed" && error !== null &&
    (error.startsWith(COULD_NOT_START) || NO_PROGRAM.includes(exitCode ?? 0));
  return mayBeMissing ? { ...end, error: `${error} (on ${host})` } : end;
}

/** What is settled instead where a settlement is not taken, so that its job harms no other. */
export function unsettleable(
  { token, outcome, exitCode, signal, error, startedAt, finishedAt }: Omit<Settlement, "state" | "runAt">,
  problem: unknown,
): Settlement {
  const reason = problem instanceof Error ? problem.message : String(problem);
  return {
    token,
    outcome: "failed",
    exitCode,
    signal,
    error: `${error ?? outcome}; could not be settled: ${reason}`,
    startedAt,
    finishedAt,
    state: "dead",
    runAt: null,
  };
}

/** The last moment that a `Date` can say. */
const LAST_MS = 8_640_000_000_000_000;

function isTime(ms: number): boolean {
  return Number.isSafeInteger(ms) && Math.abs(ms) <= LAST_MS;
}
