/**
 * @module
 * From how an attempt ended to what is settled. Pure. Invariant: a settlement can always be stored and said, whatever
 * a clock, a file's time or a setting made of its numbers; where its job's next attempt makes no sense, the job is dead.
 */
import { formatDuration } from "../../domain/duration.ts";
import { nextState, snoozedUntil } from "../../domain/retry.ts";
import type { Settings } from "../../domain/settings.ts";
import type { AttemptSaid, ClaimedJob, Settlement } from "../../store/contract.ts";
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
  end: Pick<
    AttemptEnd,
    "outcome" | "exitCode" | "signal" | "error" | "startedAt" | "finishedAt" | "retryInMs" | "cpuMs"
  >,
  { settings, random, now }: SettlingOptions,
): Settlement {
  const { outcome, signal, error } = end;
  const finishedAt = isTime(end.finishedAt) ? end.finishedAt : now;
  const startedAt = end.startedAt !== null && isTime(end.startedAt) ? end.startedAt : null;
  const exitCode = Number.isSafeInteger(end.exitCode) ? end.exitCode : null;
  const cpuMs = Number.isSafeInteger(end.cpuMs) ? end.cpuMs! : null;
  const settlement = { token: job.token, outcome, exitCode, signal, error, startedAt, finishedAt, cpuMs };
  try {
    const { retryInMs } = end;
    if (outcome === "failed" && exitCode === PUT_OFF && retryInMs !== undefined) {
      const until = snoozedUntil({ ...job, retryInMs, finishedAt, since: sinceOf(job, settlement) });
      if (until !== undefined && isTime(until)) {
        const error = `put off by itself for ${formatDuration(until - finishedAt)}`;
        return { ...settlement, outcome: "snoozed", error, state: "scheduled", runAt: until };
      }
      settlement.error = `${error}; it has put itself off for as long as it may`;
    }
    const { why, ...next } = nextState({ ...job, ...settlement, outcome }, settings, random);
    if (why !== undefined) settlement.error = `${settlement.error ?? outcome}; not tried again: ${why}`;
    if (next.runAt === null || isTime(next.runAt)) return { ...settlement, ...next };
    return unsettleable(settlement, `its next attempt would be at ${next.runAt}`);
  } catch (problem) {
    return unsettleable(settlement, problem);
  }
}

/** The exit code of a command that asks to be put off (`EX_TEMPFAIL`). */
const PUT_OFF = 75;

function sinceOf(
  job: ClaimedJob,
  { startedAt, finishedAt }: Pick<Settlement, "startedAt" | "finishedAt">,
): number {
  return job.snoozedSince ?? startedAt ?? finishedAt;
}

/** What is to be stored with a settlement besides; undefined when that is nothing. */
export function lastSaid(
  job: ClaimedJob,
  { hasCheckpoint = false }: Pick<AttemptEnd, "hasCheckpoint">,
  settlement: Settlement,
): AttemptSaid | undefined {
  const { token, outcome, state } = settlement;
  if (outcome === "unstarted") return undefined;
  const said: AttemptSaid = { token };
  // what it was to go on with is done
  if (state === "completed" && (hasCheckpoint || job.checkpointSize !== null)) said.checkpoint = null;
  if (outcome === "snoozed") said.snoozedSince = sinceOf(job, settlement);
  else if (job.snoozedSince !== null) said.snoozedSince = null;
  return Object.keys(said).length > 1 ? said : undefined;
}

/** The end of an attempt that nobody watched to its end. */
export function endWithoutResult(
  { token }: ClaimedJob,
  { outcome, error, now }: { outcome: "lost" | "unstarted"; error: string | null; now: number },
): AttemptEnd {
  return {
    ...{ token, outcome, error, exitCode: null, signal: null, startedAt: null, finishedAt: now, pieces: [] },
    // nobody can tell, so what may be there is looked for
    witnessed: true,
    trimmed: true,
  };
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
