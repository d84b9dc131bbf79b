/**
 * @module
 * What a user says of a job, as JSON or as flags, to a job that can be stored. One table of fields serves both,
 * and help. Everything that makes no sense is a `BadInput` of one sentence. Pure.
 */
import { formatDuration, parseDuration } from "./duration.ts";
import { BadInput } from "./errors.ts";
import { DEFAULT_QUEUE, ID_PATTERN, type NewJob, QUEUE_PATTERN } from "./job.ts";
import { faultOf } from "./json_fault.ts";
import { nearest } from "./nearest.ts";
import { absolutePath, isAbsolute } from "./paths.ts";
import { LONGEST_MS, MAX_INT32, MIN_INT32 } from "./settings.ts";

/** What holds for a job that does not say otherwise. */
export interface JobDefaults {
  /** ms since the epoch, for `delay`. */
  now: number;
  /** The setting of that name. */
  priority: number;
  /** The setting of that name. */
  maxRetries: number;
  /** The setting of that name. */
  timeoutMs: number;
  /** Where it was enqueued; a relative `cwd` starts from there. Null when that has no name (any more). */
  cwd: string | null;
  /** Whether its paths are those of Windows. */
  windows: boolean;
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

const MOST_RETRIES = 1_000_000;

/** A field of a job, as users know it. */
interface Field {
  brief: string;
  /** What stands for its value in help. */
  placeholder: string;
  /** What it takes; ends the sentence that refuses a value. */
  takes: string;
  /** Reads a value into the job. False when it is not what the field takes. */
  read(value: unknown, job: Partial<NewJob>, defaults: Surroundings): boolean;
}

/** What the meaning of some fields depends on. */
export type Surroundings = Pick<JobDefaults, "now" | "cwd" | "windows">;

const DURATION = `a duration from 0 to ${
  formatDuration(LONGEST_MS)
} (seconds, or "90s", "10m", "1h30m", "2d")`;
const text = (value: unknown): value is string =>
  typeof value === "string" && !value.includes("\0") && value.isWellFormed();

/** The fields by their names in JSON; as a flag, `max_retries` is `--max-retries`. */
export const FIELDS = {
  command: {
    brief: "the command, as a shell would run it",
    placeholder: "COMMAND",
    takes: "text that is not blank, without NUL bytes",
    read(value, job) {
      if (!text(value) || value.trim() === "") return false;
      job.command = value;
      return true;
    },
  },
  id: {
    brief: "its id (default: the next of j1, j2, …)",
    placeholder: "ID",
    takes: "1 to 128 of the characters A-Z a-z 0-9 . _ : -, and not j with a number, which queuectl gives",
    read(value, job) {
      if (typeof value !== "string" || !ID_PATTERN.test(value)) return false;
      job.id = value;
      return true;
    },
  },
  queue: {
    brief: "the queue (default: default)",
    placeholder: "QUEUE",
    takes: "1 to 64 of the characters A-Z a-z 0-9 . _ : -, the first a letter or digit",
    read(value, job) {
      if (typeof value !== "string" || !QUEUE_PATTERN.test(value)) return false;
      job.queue = value;
      return true;
    },
  },
  priority: {
    brief: "lower runs first; may be negative (default: setting priority)",
    placeholder: "N",
    takes: `a whole number from ${MIN_INT32} to ${MAX_INT32}`,
    read(value, job) {
      if (!wholeNumber(value, MIN_INT32, MAX_INT32)) return false;
      job.priority = value;
      return true;
    },
  },
  max_retries: {
    brief: "how often it is run again when it fails (default: setting max_retries)",
    placeholder: "N",
    takes: `a whole number from 0 to ${MOST_RETRIES}`,
    read(value, job) {
      if (!wholeNumber(value, 0, MOST_RETRIES)) return false;
      job.maxRetries = value;
      return true;
    },
  },
  timeout: {
    brief: "how long an attempt may run; 0 is for ever (default: setting timeout)",
    placeholder: "DURATION",
    takes: DURATION,
    read(value, job) {
      const ms = readDuration(value);
      if (ms === undefined) return false;
      job.timeoutMs = ms;
      return true;
    },
  },
  run_at: {
    brief: "not before this time: 2030-01-01T14:00:00Z, or with another zone such as +02:00",
    placeholder: "TIME",
    takes: "a time with its zone, such as 2030-01-01T14:00:00Z or 2030-01-01T14:00+02:00",
    read(value, job) {
      const time = typeof value === "string" ? parseTime(value) : undefined;
      if (time === undefined) return false;
      job.runAt = time;
      return true;
    },
  },
  delay: {
    brief: "not before this long from now",
    placeholder: "DURATION",
    takes: DURATION,
    read(value, job, { now }) {
      const ms = readDuration(value);
      if (ms === undefined) return false;
      job.runAt = ms === 0 ? null : now + ms;
      return true;
    },
  },
  label: {
    brief: "a word of your own to find it by",
    placeholder: "LABEL",
    takes: "1 to 128 characters on one line",
    read(value, job) {
      if (!text(value) || value.trim() === "" || value.length > 128 || CONTROL.test(value)) return false;
      job.label = value;
      return true;
    },
  },
  cwd: {
    brief: "the directory to run in (default: where it is enqueued)",
    placeholder: "DIR",
    takes: "the path of a directory",
    read(value, job, { cwd, windows }) {
      if (!text(value) || value === "") return false;
      if (cwd === null && !isAbsolute(value, { windows })) return false;
      job.cwd = absolutePath(value, cwd ?? "", { windows });
      return true;
    },
  },
  env: {
    brief: "a variable for its environment; may be repeated",
    placeholder: "NAME=VALUE",
    takes: "names with values that are text, the names without =, nothing with NUL bytes",
    read(value, job) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
      for (const [name, content] of Object.entries(value)) {
        if (!VARIABLE.test(name) || !text(name) || !text(content)) return false;
        checkVariable(name, content);
      }
      checkEnvironment(value as Record<string, string>);
      job.env = value as Record<string, string>;
      return true;
    },
  },
  hold: {
    brief: "keep it from starting until it is released",
    placeholder: "",
    takes: "true or false",
    read(value, job) {
      if (typeof value !== "boolean") return false;
      job.held = value;
      return true;
    },
  },
} as const satisfies Record<string, Field>;

/** The name of a field. */
export type FieldName = keyof typeof FIELDS;

const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

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
]);

/** Variables that every job gets. */
const VARIABLES_OF_QUEUECTL = new Set(
  ["JOB_ID", "ATTEMPT", "QUEUE", "HOME", "RUN"].map((name) => `QUEUECTL_${name}`),
);

// deno-lint-ignore no-control-regex -- the point is to find control characters
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

/**
 * A job from JSON text.
 * @throws {BadInput} with one sentence, that says where when it is not JSON
 */
export function jobFromJson(json: string, defaults: JobDefaults): NewJob {
  return jobFromValue(parseJson(json), defaults);
}

/** Reads JSON. @throws {BadInput} that says where it is wrong, and `advice` */
export function parseJson(json: string, advice = ""): unknown {
  try {
    return JSON.parse(json);
  } catch {
    const { line, column, found } = faultOf(json);
    const place = json.includes("\n") ? `line ${line}, column ${column}` : `column ${column}`;
    throw new BadInput(`Cannot read the JSON: ${found} at ${place}${advice}`);
  }
}

/**
 * A job from a parsed JSON value.
 * @throws {BadInput} with one sentence
 */
export function jobFromValue(value: unknown, defaults: JobDefaults): NewJob {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadInput(`Cannot enqueue ${kindOf(value)}: a job is a JSON object such as {"command": "ls"}`);
  }
  return completeJob(readFields(value as Record<string, unknown>, defaults), defaults);
}

/** A job from a command. @throws {BadInput} with one sentence */
export function jobFromCommand(command: string, defaults: JobDefaults): NewJob {
  return completeJob(readFields({ command }, defaults), defaults);
}

/**
 * Reads fields, of JSON or of flags, into the parts of a job that they say something of.
 * @throws {BadInput} for an unknown field, or a value that a field does not take
 */
export function readFields(
  values: Readonly<Record<string, unknown>>,
  defaults: Surroundings,
): Partial<NewJob> {
  const job: Partial<NewJob> = {};
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(FIELDS, name)) throw unknownField(name);
    const value = values[name];
    if (!FIELDS[name as FieldName].read(value, job, defaults)) throw badValue(name as FieldName, value);
  }
  if (values.run_at !== undefined && values.delay !== undefined) {
    throw new BadInput("Cannot use run_at and delay together: each says when the job may start");
  }
  if (job.command !== undefined) checkLength(job.command);
  return job;
}

function completeJob(own: Partial<NewJob>, defaults: JobDefaults): NewJob {
  const given = defaults.given;
  const command = own.command ?? given?.command;
  if (command === undefined) throw new BadInput('Cannot enqueue a job without a command: give "command"');
  const cwd = own.cwd ?? given?.cwd ?? defaults.cwd;
  if (cwd === null) {
    throw new BadInput(
      "Cannot tell where the job shall run: the current directory is gone, or its name is not UTF-8; give cwd",
    );
  }
  if (given?.env && own.env) checkEnvironment({ ...given.env, ...own.env });
  return {
    id: own.id ?? given?.id ?? null,
    command,
    queue: own.queue ?? given?.queue ?? DEFAULT_QUEUE,
    priority: own.priority ?? given?.priority ?? defaults.priority,
    maxRetries: own.maxRetries ?? given?.maxRetries ?? defaults.maxRetries,
    timeoutMs: own.timeoutMs ?? given?.timeoutMs ?? defaults.timeoutMs,
    // `delay: 0` is said, and is null.
    runAt: own.runAt !== undefined ? own.runAt : given?.runAt ?? null,
    label: own.label ?? given?.label ?? null,
    cwd,
    env: given?.env ? { ...given.env, ...own.env } : own.env ?? null,
    held: own.held ?? given?.held ?? false,
  };
}

/**
 * Flags as they were typed to values as JSON has them; what cannot be one stays text and is refused as such.
 * `env` comes as `NAME=VALUE`s.
 */
export function fieldsFromFlags(
  flags: Readonly<Partial<Record<FieldName, string | boolean | readonly string[]>>>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || value === false) continue;
    const number = name === "priority" || name === "max_retries";
    if (number && /^[+-]?\d+$/.test(value as string)) values[name] = Number(value);
    else values[name] = name === "env" ? environment(value as readonly string[]) : value;
  }
  return values;
}

function environment(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(entries.map((entry) => {
    const equals = entry.indexOf("=");
    if (equals < 1) throw new BadInput(`Cannot use env ${quote(entry)}: it takes NAME=VALUE`);
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  }));
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

const FIRST_TIME = Date.parse("0000-01-01T00:00:00Z");
const LAST_TIME = Date.parse("9999-12-31T23:59:59.999Z");

function readDuration(value: unknown): number | undefined {
  const ms = typeof value === "number" || typeof value === "string" ? parseDuration(value) : undefined;
  return ms !== undefined && ms <= LONGEST_MS ? ms : undefined;
}

function wholeNumber(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && value as number >= min && value as number <= max;
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
  return new BadInput(`Cannot use ${name} ${quote(value)}: it takes ${FIELDS[name].takes}`);
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
