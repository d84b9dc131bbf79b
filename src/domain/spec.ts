/**
 * @module
 * What a user says of a job, as JSON or as flags, to a job that can be stored: the table of fields, read by the kinds
 * of their values. Everything that makes no sense is a `BadInput` of one sentence. Pure.
 */
import { formatDuration, parseDuration } from "./duration.ts";
import { BadInput } from "./errors.ts";
import {
  type Field,
  FIELD_NAMES,
  type FieldName,
  FIELDS,
  type FieldSetting,
  GROUP_PATTERN,
  type Kind,
  LARGEST_STDIN,
  type NewJob,
  STORED_FIELDS,
} from "./fields.ts";
import { nearest } from "./nearest.ts";
import { absolutePath, isAbsolute } from "./paths.ts";
import { checkRetryLists, checkUnique, readBackoff, readEnds } from "./policy.ts";
import { formatSize, LONGEST_MS, parseSize, type Settings } from "./settings.ts";
import { LIMIT_NAMES, MOST_UNITS, readUnits } from "./units.ts";

/** What the meaning of some values depends on. */
export interface Surroundings {
  /** In ms since the epoch, for `delay`. */
  now: number;
  /** Where a job is enqueued; a relative `cwd` starts from there. Null when that has no name (any more). */
  cwd: string | null;
  /** Whether its paths are those of Windows. */
  windows: boolean;
  /** Reads times as people say them (see `when.ts`), in ms since the epoch; without it, they are read as ISO 8601 alone. */
  readTime?(said: string): number | undefined;
}

/** What holds for a job that does not say otherwise: some settings, and where it is enqueued. */
export interface JobDefaults extends Surroundings, Pick<Settings, FieldSetting> {
  /** Fields given for every job, in the form that `readFields` returns; what a job says itself goes before. */
  given?: Partial<NewJob>;
}

/** The longest command, and the longest `NAME=VALUE` of an environment, in bytes: what Linux takes as one argument. */
const LONGEST_ARGUMENT = 131_071;

/**
 * The largest environment, in bytes. Linux takes about 2 MiB together with the command and all that the worker has
 * itself, for which this leaves room.
 */
const LARGEST_ENVIRONMENT = 1_500_000;
/** What the system needs for each variable besides its text. */
const BYTES_A_VARIABLE = 9;

/** The names that an environment can hold, whatever a shell makes of them. */
const VARIABLE = /^[^=\0]+$/;

/** What values of a kind are; ends the sentence that refuses another. */
function described(kind: Kind): string {
  return `${describedKind(kind)}${clears(kind) ? `, or ${AS_USUAL}` : ""}`;
}

/** Takes back what a job says. */
const AS_USUAL = "default";

function clears(kind: Kind): boolean {
  return "clears" in kind && kind.clears === true;
}

function describedKind(kind: Kind): string {
  switch (kind.type) {
    case "text":
      return "text that is not blank, without NUL bytes";
    case "line":
      return `1 to ${kind.max} ${kind.unit ?? "characters"} on one line`;
    case "word":
      return kind.takes;
    case "integer":
      return `a whole number from ${kind.min} to ${kind.max}`;
    case "duration":
    case "delay":
      return `a duration from ${kind.type === "duration" && kind.min ? formatDuration(kind.min) : 0} to ${
        formatDuration(LONGEST_MS)
      } (seconds, or "90s", "10m", "1h30m", "2d")`;
    case "size":
      return `a size from ${kind.min ? formatSize(kind.min) : 0} to ${
        formatSize(kind.max)
      } (bytes, or "64K", "10M", "1GiB")`;
    case "time":
      return 'a time, such as 2030-01-01T14:00:00Z, "tomorrow 9:00", "friday 18:00 Europe/Berlin" or +2h';
    case "path":
      return "the path of a directory";
    case "variables":
      return "names with values that are text, the names without =, nothing with NUL bytes";
    case "flag":
      return "true or false";
    case "ends":
      return 'exit codes from 1 on, signals, timeout, idle and lost, as in "75,100-110,SIGSEGV,timeout", or default';
    case "backoff":
      return 'delays such as "5s,30s,5m", or "base=2,factor=3,max=10m,jitter=0.1" with some of these, or default';
    case "input":
      return kind.as === "text" ? "text" : "bytes in base64";
    case "jobs":
      return "ids of jobs, with commas between them, or none";
    case "groups":
      return "names of groups, with commas between them, or none";
    case "units":
      return `names with how many units, such as "api=2,gpu" or {"api": 2}, each ${LIMIT_NAMES}, at most ${MOST_UNITS} of each, or none`;
  }
}

/** The value in code, or undefined when it is not of that kind. @throws {BadInput} that says more */
function readValue(kind: Kind, value: unknown, surroundings: Surroundings): unknown {
  const { now, cwd, windows } = surroundings;
  if (value === AS_USUAL && clears(kind)) return null;
  switch (kind.type) {
    case "text":
      return isText(value) && value.trim() !== "" ? value : undefined;
    case "line":
      return isText(value) && value.trim() !== "" && sizeIn(kind, value) <= kind.max && !CONTROL.test(value)
        ? value
        : undefined;
    case "word":
      return typeof value === "string" && kind.pattern.test(value) ? value : undefined;
    case "integer":
      return Number.isInteger(value) && value as number >= kind.min && value as number <= kind.max
        ? value
        : undefined;
    case "duration":
      return atLeast(kind.min ?? 0, readDuration(value));
    case "size": {
      const bytes = typeof value === "string" ? parseSize(value.trim()) : value;
      return Number.isInteger(bytes) && bytes as number >= (kind.min ?? 0) && bytes as number <= kind.max
        ? bytes
        : undefined;
    }
    case "delay": {
      const ms = readDuration(value);
      return ms === 0 ? null : ms && now + ms;
    }
    case "time":
      return typeof value === "string" ? readTime(value, surroundings) : undefined;
    case "path":
      if (!isText(value) || value === "" || cwd === null && !isAbsolute(value, { windows })) return undefined;
      return absolutePath(value, cwd ?? "", { windows });
    case "variables":
      return readVariables(value);
    case "flag":
      return typeof value === "boolean" ? value : undefined;
    case "ends":
      return readEnds(value);
    case "backoff":
      return readBackoff(value);
    case "input":
      return readStdin(kind.as, value);
    case "jobs":
      return readRefs(value, IS_REF);
    case "groups":
      return readRefs(value, GROUP_PATTERN);
    case "units":
      return readUnits(value);
  }
}

/** Ids or names, each once; `none` is nothing. */
function readRefs(value: unknown, pattern: RegExp): readonly string[] | undefined {
  const all = typeof value === "string"
    ? value.trim() === "none" ? [] : value.split(",").map((id) => id.trim())
    : value;
  if (!Array.isArray(all) || !all.every((id) => typeof id === "string" && pattern.test(id))) return undefined;
  return [...new Set(all)];
}

/** Any id that a job can have, those that the store gives included. */
const IS_REF = /^[A-Za-z0-9._:-]{1,128}$/;

function sizeIn({ unit }: Kind & { type: "line" }, text: string): number {
  return unit === "bytes" ? new TextEncoder().encode(text).length : text.length;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0") && value.isWellFormed();
}

/** What `show` prints of a job beyond what a user can say. */
const SET_BY_QUEUECTL = new Set([
  "state",
  "attempts",
  "last_attempt",
  "created_at",
  "started_at",
  "finished_at",
  "exit_code",
  "signal",
  "error",
  "worker",
  "held",
  "seq",
  "stdin_size",
  "checkpoint_size",
  "progress",
  "progress_text",
  "memory_used",
  "cpu_used",
  "snoozed_since",
]);

/** Variables that jobs get. */
export const VARIABLES_OF_QUEUECTL: ReadonlySet<string> = new Set(
  [
    "JOB_ID",
    "ATTEMPT",
    "QUEUE",
    "GROUP",
    "INDEX",
    "COUNT",
    "ITEM",
    "SCHEDULE",
    "SLOT",
    "HOME",
    "STORE",
    "RUN",
    "SAY",
    "RESULT",
    "CHECKPOINT",
    "NEEDS",
  ].map((name) => `QUEUECTL_${name}`),
);

// deno-lint-ignore no-control-regex -- the point is to find control characters
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

/**
 * A job from a parsed JSON value.
 * @throws {BadInput} with one sentence
 */
export function jobFromValue(value: unknown, defaults: JobDefaults): NewJob {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadInput(`Cannot enqueue ${kindOf(value)}: a job is a JSON object such as {"command": "ls"}`);
  }
  return completeJob(value as Record<string, unknown>, defaults);
}

/** A job from a command. @throws {BadInput} with one sentence */
export function jobFromCommand(command: string, defaults: JobDefaults): NewJob {
  return completeJob({ command }, defaults);
}

/**
 * Reads fields, of JSON or of flags, into the parts of a job that they say something of.
 * @throws {BadInput} for an unknown field, or a value that a field does not take
 */
export function readFields(
  values: Readonly<Record<string, unknown>>,
  surroundings: Surroundings,
): Partial<NewJob> {
  const job: Partial<NewJob> = {};
  readInto(job, values, surroundings);
  return job;
}

function readInto(
  job: Partial<Record<keyof NewJob, unknown>>,
  values: Readonly<Record<string, unknown>>,
  surroundings: Surroundings,
): void {
  for (const name of Object.keys(values)) {
    if (!isField(name)) throw unknownField(name);
    const { key, kind } = FIELDS[name];
    const value = readValue(kind, values[name], surroundings);
    if (value === undefined) throw badValue(name, values[name]);
    job[key] = value;
  }
  if (values.run_at !== undefined && values.delay !== undefined) {
    throw new BadInput("Cannot use run_at and delay together: each says when the job may start");
  }
  if (values.stdin !== undefined && values.stdin_base64 !== undefined) {
    throw new BadInput("Cannot use stdin and stdin_base64 together: each says what the job reads");
  }
  checkRetryLists(job as Partial<NewJob>);
  if (
    values.any === true && AFTERS.every((name) => !isGiven(values[name]) && !isGiven(job[FIELDS[name].key]))
  ) {
    throw new BadInput(
      "Cannot use any without after, after_failed or after_ended: it says how many of those",
    );
  }
  if (values.command !== undefined) checkLength(values.command as string);
}

const AFTERS = [
  ...["after", "after_failed", "after_ended"] as const,
  ...["after_group", "after_group_failed", "after_group_ended"] as const,
] as const;

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Whether that is the name of a field. */
export function isField(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name);
}

function completeJob(values: Readonly<Record<string, unknown>>, defaults: JobDefaults): NewJob {
  const otherwise = jobOtherwise(defaults);
  const job = { ...otherwise };
  readInto(job, values, defaults);
  if (job.command === undefined) {
    throw new BadInput('Cannot enqueue a job without a command: give "command"');
  }
  if (job.cwd === null) {
    throw new BadInput(
      "Cannot tell where the job shall run: the current directory is gone, or its name is not UTF-8; give cwd",
    );
  }
  checkUnique(job);
  if (otherwise.env && job.env !== otherwise.env) {
    job.env = { ...otherwise.env, ...job.env };
    checkEnvironment(job.env);
  }
  return job as NewJob;
}

/** A job that says nothing itself, which may have no command; made once for many jobs. */
function jobOtherwise(defaults: JobDefaults): Partial<NewJob> {
  const known = otherwises.get(defaults);
  if (known) return known;
  const values = STORED_FIELDS.map((name) => [FIELDS[name].key, defaultOf(FIELDS[name], defaults)]);
  const job: Partial<NewJob> = { ...Object.fromEntries(values), cwd: defaults.cwd, ...defaults.given };
  otherwises.set(defaults, job);
  return job;
}

const otherwises = new WeakMap<JobDefaults, Partial<NewJob>>();

function defaultOf({ default: value }: Field, defaults: JobDefaults): unknown {
  return typeof value === "object" && value ? defaults[value.setting as FieldSetting] : value;
}

/**
 * Reads a point in time: ISO 8601 with a zone, as a time without one would mean something else on another machine.
 * Returns ms since the epoch, or undefined for anything else, days that do not exist included.
 */
export function parseTime(text: string): number | undefined {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))$/i.exec(
      text.trim(),
    );
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  const local = new Date(0);
  local.setUTCFullYear(year!, month! - 1, day!);
  if (local.getUTCMonth() !== month! - 1 || local.getUTCDate() !== day) return undefined;
  const [zoneHours, zoneMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (hour! > 23 || minute! > 59 || second! > 59 || zoneHours > 23 || zoneMinutes > 59) return undefined;
  const zoneMs = (match[8] === "-" ? -1 : 1) * (zoneHours * 60 + zoneMinutes) * 60_000;
  const fraction = Math.floor(Number(`0.${match[7] ?? 0}`) * 1000);
  const time = local.getTime() + ((hour! * 60 + minute!) * 60 + second!) * 1000 + fraction - zoneMs;
  // What lies outside of these years in UTC could not be written down again.
  return time >= FIRST_TIME && time <= LAST_TIME ? time : undefined;
}

function readTime(text: string, { readTime }: Surroundings): number | undefined {
  const time = parseTime(text) ?? readTime?.(text);
  return time !== undefined && time >= FIRST_TIME && time <= LAST_TIME ? time : undefined;
}

const FIRST_TIME = Date.parse("0000-01-01T00:00:00Z");
const LAST_TIME = Date.parse("9999-12-31T23:59:59.999Z");

function readDuration(value: unknown): number | undefined {
  const ms = typeof value === "number" || typeof value === "string" ? parseDuration(value) : undefined;
  return ms !== undefined && ms <= LONGEST_MS ? ms : undefined;
}

function atLeast(min: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= min ? value : undefined;
}

function readVariables(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  for (const [name, content] of Object.entries(value)) {
    if (!VARIABLE.test(name) || !isText(name) || !isText(content)) return undefined;
    checkVariable(name, content);
  }
  checkEnvironment(value as Record<string, string>);
  return value as Record<string, string>;
}

function readStdin(as: "text" | "base64", value: unknown): Uint8Array | undefined {
  if (typeof value !== "string") return undefined;
  const bytes = as === "base64" ? bytesOfBase64(value) : new TextEncoder().encode(value);
  if (bytes && bytes.length > LARGEST_STDIN) throw tooLargeStdin(bytes.length);
  return as === "text" && !value.isWellFormed() ? undefined : bytes;
}

/** The refusal of what is too large to be kept with a job; `bytes` null where there is no end of it. */
export function tooLargeStdin(bytes: number | null): BadInput {
  const size = bytes === null ? `more than ${LARGEST_STDIN}` : bytes;
  return new BadInput(
    `Cannot keep a stdin of ${size} bytes with a job: it takes at most ${LARGEST_STDIN} (1 MiB); put it into a file, and let the command read that`,
  );
}

function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function checkLength(command: string): void {
  const bytes = bytesOf(command);
  if (bytes <= LONGEST_ARGUMENT) return;
  throw new BadInput(
    `Cannot enqueue a command of ${bytes} bytes: the system takes at most ${LONGEST_ARGUMENT}; put it into a script and enqueue that`,
  );
}

function checkVariable(name: string, content: string): void {
  if (VARIABLES_OF_QUEUECTL.has(name)) {
    throw new BadInput(`Cannot set "${name}" in env: it is set by queuectl`);
  }
  const bytes = bytesOf(name) + 1 + bytesOf(content);
  if (bytes <= LONGEST_ARGUMENT) return;
  throw new BadInput(
    `Cannot set ${
      quote(name)
    } in env to ${bytes} bytes: the system takes at most ${LONGEST_ARGUMENT}; put it into a file`,
  );
}

function checkEnvironment(env: Readonly<Record<string, string>>): void {
  const bytes = Object.entries(env).reduce(
    (sum, [name, content]) => sum + new TextEncoder().encode(name + content).length + 1 + BYTES_A_VARIABLE,
    0,
  );
  if (bytes <= LARGEST_ENVIRONMENT) return;
  throw new BadInput(
    `Cannot use an env of ${bytes} bytes: it takes at most ${LARGEST_ENVIRONMENT} together; put some of it into a file`,
  );
}

/** The size in UTF-8; a cheap upper bound where that is small enough. */
function bytesOf(text: string): number {
  const bound = text.length * 3;
  return bound <= LONGEST_ARGUMENT / 2 ? bound : new TextEncoder().encode(text).length;
}

function unknownField(name: string): BadInput {
  if (SET_BY_QUEUECTL.has(name)) {
    return new BadInput(`Cannot set ${quote(name)} of a job: it is set by queuectl`);
  }
  const near = nearest(name, FIELD_NAMES);
  return new BadInput(`Unknown field ${quote(name)}${near ? `, did you mean "${near}"?` : ""}`);
}

function badValue(name: FieldName, value: unknown): BadInput {
  if (name === "command" && (value === "" || typeof value === "string" && value.trim() === "")) {
    return new BadInput("Cannot enqueue a job without a command: it is blank");
  }
  return new BadInput(`Cannot use ${name} ${quote(value)}: it takes ${described(FIELDS[name].kind)}`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a JSON array";
  return typeof value === "object" ? "an object" : `the JSON ${typeof value} ${quote(value)}`;
}

/** A value as it was given, not too long for a sentence. */
export function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length <= 80 ? json : `${json.slice(0, 76)}…${json.at(-1)}`;
}
