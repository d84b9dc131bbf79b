/**
 * @module
 * What only whoever runs a job has to know of it: which ends are worth another attempt, how long to wait until then, how
 * long it may be silent, how long it may put itself off, how much of the host it may take. These fields share one column, which is empty for jobs that say
 * nothing of it. Pure.
 */
import { formatDuration, parseDuration } from "./duration.ts";
import { BadInput } from "./errors.ts";
import type { NewJob } from "./fields.ts";
import { hasNeeds, type Outcome } from "./job.ts";

/** Ends that are neither an exit code nor a signal, by the words that stand for them. */
const WORDS: Readonly<Record<string, Outcome>> = { timeout: "timed_out", idle: "idle", lost: "lost" };

/** The signals that may end a process, on Linux and macOS. */
const SIGNALS = new Set(
  "ABRT ALRM BUS EMT FPE HUP ILL INFO INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT SYS TERM TRAP USR1 USR2 VTALRM XCPU XFSZ"
    .split(" ").map((name) => `SIG${name}`),
);

/** What Windows takes for an exit code at most. */
const LARGEST_CODE = 2 ** 32 - 1;
const MOST_PARTS = 100;
/** Says nothing of its own: what holds for every job. */
const AS_USUAL = "default";

/** How an attempt ended, as far as it matters for another one. */
export interface Ending {
  /** In a word. */
  outcome: Outcome;
  /** Null when it was killed, or nobody knows. */
  exitCode: number | null;
  /** The signal that killed it, such as `SIGKILL`. */
  signal: string | null;
}

/** Exit codes from one to another, or the name of a signal, or a word. */
type End = { from: number; to: number } | string;

/**
 * A list of ends as it is stored, such as `75,100-110,SIGSEGV,timeout`, from text or an array; null where it says that
 * there is none, undefined where it is no such list.
 */
export function readEnds(value: unknown): string | null | undefined {
  const parts = Array.isArray(value) ? value.map(String) : typeof value === "string" ? value.split(",") : [];
  const trimmed = parts.map((part) => part.trim());
  if (trimmed.length === 1 && trimmed[0] === AS_USUAL) return null;
  const ends = trimmed.map(readEnd);
  if (ends.length === 0 || ends.length > MOST_PARTS || ends.includes(undefined)) return undefined;
  return ends.map((end) => sayEnd(end!)).join(",");
}

function readEnd(text: string): End | undefined {
  const [, first, last = first] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text) ?? [];
  if (first !== undefined) {
    const [from, to] = [Number(first), Number(last)];
    return from >= 1 && from <= to && to <= LARGEST_CODE ? { from, to } : undefined;
  }
  const lower = text.toLowerCase();
  if (Object.hasOwn(WORDS, lower)) return lower;
  const upper = text.toUpperCase();
  return SIGNALS.has(upper) ? upper : undefined;
}

function sayEnd(end: End): string {
  if (typeof end === "string") return end;
  return end.from === end.to ? String(end.from) : `${end.from}-${end.to}`;
}

function endsOf(list: string): End[] {
  return list.split(",").flatMap((part) => readEnd(part) ?? []);
}

function includesEnd(list: string, { outcome, exitCode, signal }: Ending): boolean {
  return endsOf(list).some((end) => {
    if (typeof end !== "string") {
      return outcome === "failed" && exitCode !== null && exitCode >= end.from && exitCode <= end.to;
    }
    return outcome === "failed" ? end === signal : WORDS[end] === outcome;
  });
}

/** What a job says of which ends are worth another attempt. */
export interface RetryLists {
  /** If there is one, only these. */
  retryOn: string | null;
  /** Never these. */
  noRetryOn: string | null;
}

/** Why an attempt that ended so is not followed by another; undefined when it may be. */
export function whyNotAgain({ retryOn, noRetryOn }: RetryLists, ending: Ending): string | undefined {
  if (noRetryOn !== null && includesEnd(noRetryOn, ending)) return "no_retry_on names it";
  if (retryOn !== null && !includesEnd(retryOn, ending)) return "retry_on does not name it";
  return undefined;
}

/** Refuses lists that contradict each other. @throws {BadInput} when an end is in both */
export function checkRetryLists({ retryOn, noRetryOn }: Partial<RetryLists>): void {
  if (!retryOn || !noRetryOn) return;
  const others = endsOf(noRetryOn);
  const both = endsOf(retryOn).flatMap((end) => others.flatMap((other) => overlap(end, other) ?? []))[0];
  if (both === undefined) return;
  throw new BadInput(
    `Cannot both retry and not retry on ${
      sayEnd(both)
    }: it is in retry_on "${retryOn}" and in no_retry_on "${noRetryOn}"`,
  );
}

function overlap(one: End, other: End): End | undefined {
  if (typeof one === "string" || typeof other === "string") return one === other ? one : undefined;
  const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
  return from <= to ? { from, to } : undefined;
}

/**
 * Refuses what is said of a key without one, or contradicts itself.
 * @throws {BadInput} with one sentence
 */
export function checkUnique(job: Partial<NewJob>): void {
  const { uniqueKey = null, unique, uniqueUntil = null, uniqueForMs = null } = job;
  const { onConflict = null, atMostLateMs = null, replaceEnded, id = null } = job;
  if (replaceEnded && id === null) {
    throw new BadInput("Cannot use replace_ended without id: it says whose place the job takes");
  }
  if (uniqueKey === null && !unique) {
    const name = uniqueUntil !== null && "unique_until" || uniqueForMs !== null && "unique_for" ||
      onConflict !== null && "on_conflict" || atMostLateMs !== null && "at_most_late";
    if (!name) return;
    throw new BadInput(`Cannot use ${name} without unique_key or unique: there is no key that it is about`);
  }
  if (uniqueKey !== null && unique) {
    throw new BadInput("Cannot use unique_key and unique together: each says what the key is");
  }
  if (uniqueForMs === 0) {
    throw new BadInput("Cannot use unique_for 0: it takes a longer time, or is left out");
  }
  if (atMostLateMs !== null && onConflict !== "replace") {
    throw new BadInput(
      "Cannot use at_most_late without on_conflict replace: it is about jobs that are replaced",
    );
  }
  if (onConflict === "replace" && hasNeeds(job)) {
    throw new BadInput(
      "Cannot use on_conflict replace with after: what is replaced waits for what it waited for",
    );
  }
  if (onConflict === "after" && job.any) {
    throw new BadInput("Cannot use on_conflict after with any: the job comes after all that it waits for");
  }
}

/** What a job says of how long to wait for its next attempt; what it leaves out is as the settings say. */
export interface OwnBackoff {
  /** After the first failure, the second, and so on; the last of them from there on. */
  delaysMs?: readonly number[];
  /** In seconds, as in the settings. */
  backoffBase?: number;
  /** As in the settings. */
  backoffFactor?: number;
  /** As in the settings. */
  backoffMaxMs?: number;
  /** As in the settings. */
  backoffJitter?: number;
}

/** The parts of a backoff, each with its name in `OwnBackoff` and the values that the setting of that name takes. */
const PARTS = {
  base: { key: "backoffBase", min: 0, max: 86_400 },
  factor: { key: "backoffFactor", min: 1, max: 1000 },
  max: { key: "backoffMaxMs", min: 0, max: 365 * 86_400_000 },
  jitter: { key: "backoffJitter", min: 0, max: 1 },
} as const;
type Part = keyof typeof PARTS;
const MOST_DELAYS = 100;

/**
 * A backoff as it is stored, such as `5s,30s,5m` or `base=2,factor=3,max=10m,jitter=0.1`, from text or an array of
 * delays; null where it says that there is none, undefined where it is nothing of the kind.
 */
export function readBackoff(value: unknown): string | null | undefined {
  const texts = Array.isArray(value) ? value.map(String) : typeof value === "string" ? value.split(",") : [];
  if (texts.length === 1 && texts[0]!.trim() === AS_USUAL) return null;
  const backoff = parseBackoff(texts);
  return backoff && sayBackoff(backoff);
}

function parseBackoff(texts: readonly string[]): OwnBackoff | undefined {
  const delays: number[] = [];
  const backoff: { -readonly [K in keyof OwnBackoff]: OwnBackoff[K] } = {};
  for (const text of texts) {
    const [, name, said = ""] = /^\s*([a-z]+)\s*=\s*(\S+)\s*$/.exec(text) ?? [];
    if (name === undefined) {
      const ms = parseDuration(text);
      if (ms === undefined || ms > PARTS.max.max) return undefined;
      delays.push(ms);
      continue;
    }
    if (!Object.hasOwn(PARTS, name)) return undefined;
    const { key, min, max } = PARTS[name as Part];
    const number = name === "max"
      ? parseDuration(said)
      : /^\d+(\.\d+)?$/.test(said)
      ? Number(said)
      : undefined;
    if (number === undefined || number < min || number > max || backoff[key] !== undefined) return undefined;
    backoff[key] = number;
  }
  if (delays.length === 0) return Object.keys(backoff).length > 0 ? backoff : undefined;
  // delays are said in full: nothing is left to grow
  const onlyJitter = Object.keys(backoff).every((key) => key === "backoffJitter");
  return delays.length <= MOST_DELAYS && onlyJitter ? { ...backoff, delaysMs: delays } : undefined;
}

function sayBackoff(backoff: OwnBackoff): string {
  const parts = (Object.keys(PARTS) as Part[]).flatMap((name) => {
    const value = backoff[PARTS[name].key];
    return value === undefined ? [] : [`${name}=${name === "max" ? sayDuration(value) : value}`];
  });
  return [...(backoff.delaysMs ?? []).map(sayDuration), ...parts].join(",");
}

/** As people write it where that says all. */
function sayDuration(ms: number): string {
  const said = formatDuration(ms);
  return parseDuration(said) === ms ? said : `${ms / 1000}s`;
}

const NOTHING: Policy = {
  retryOn: null,
  noRetryOn: null,
  backoff: null,
  idleTimeoutMs: null,
  maxWaitMs: null,
  uniqueUntil: null,
  uniqueForMs: null,
  nice: null,
  io: null,
  cpuTimeMs: null,
  memory: null,
  maxProcs: null,
  takes: null,
  slots: null,
};

/** What a job says of how much of its host it may take; null is as the host has it. */
export interface JobLimits {
  /** So much it gives way to others. */
  nice: number | null;
  /** How it takes turns at the disk. */
  io: string | null;
  /** CPU time of each of its processes. */
  cpuTimeMs: number | null;
  /** Address space of each of its processes, in bytes. */
  memory: number | null;
  /** It starts no more processes while its user has so many. */
  maxProcs: number | null;
}

/** The fields that share the column. */
export interface Policy extends RetryLists, JobLimits {
  /** See `OwnBackoff`. */
  backoff: string | null;
  /** For how long it may be silent; 0 is for ever. */
  idleTimeoutMs: number | null;
  /** For how long it may put itself off; 0 is for ever. */
  maxWaitMs: number | null;
  /** When its key is given up, `start` or `end`; null is at its end. */
  uniqueUntil: string | null;
  /** For how long from when it was enqueued it keeps its key in any case. */
  uniqueForMs: number | null;
  /** Units of limits and things, as `units.ts` stores them. */
  takes: string | null;
  /** How many places of a worker; null is one. */
  slots: number | null;
}

/** Their names. */
export const POLICY_KEYS = Object.keys(NOTHING) as (keyof Policy)[];

/** What stands in the column of a job: a JSON object; null where the job says nothing of it. */
export function policyColumn(job: Policy): string | null {
  if (POLICY_KEYS.every((key) => job[key] === null)) return null;
  return JSON.stringify(
    Object.fromEntries(POLICY_KEYS.filter((key) => job[key] !== null).map((key) => [key, job[key]])),
  );
}

/** What a change of fields changes in the column, as a JSON object in which null removes; undefined where it is nothing. */
export function policyChange(fields: Partial<Policy>): string | undefined {
  const changed = POLICY_KEYS.filter((key) => fields[key] !== undefined);
  return changed.length === 0
    ? undefined
    : JSON.stringify(Object.fromEntries(changed.map((key) => [key, fields[key]])));
}

/** What was read last: who looks whether it can be read reads it next, and jobs that are alike follow each other. */
let last: { column: string; policy: Readonly<Policy> | undefined } | undefined;

/** The fields in a column; undefined when they cannot be read. */
export function policyOf(column: string | null): Readonly<Policy> | undefined {
  if (column === null) return NOTHING;
  if (last?.column !== column) last = { column, policy: parse(column) };
  return last.policy;
}

function parse(column: string): Policy | undefined {
  try {
    const stored: unknown = JSON.parse(column);
    if (typeof stored !== "object" || stored === null || Array.isArray(stored)) return undefined;
    return { ...NOTHING, ...stored };
  } catch {
    return undefined;
  }
}

/** A stored backoff. */
export function ownBackoff(stored: string | null): OwnBackoff {
  return stored === null ? {} : parseBackoff(stored.split(",")) ?? {};
}
