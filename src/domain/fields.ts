/**
 * @module
 * The one table of what users can say of a job. Each field is written down here and nowhere else; what reads, stores,
 * shows and describes jobs goes through the table, by the kinds of values that fields have. So a new field of a known
 * kind is an entry here and a column in a migration, and a new kind does not compile until everybody knows it. Pure;
 * it knows the names that a field has in SQL and JSON, but neither of the two.
 */
import type { NeedRef, SaidNeeds } from "./needs.ts";
import { LARGEST_OUTPUT, MAX_INT32, MIN_INT32, type Settings } from "./settings.ts";

/** The ids a user may give. Ids of the form `j<digits>` belong to the store. */
export const ID_PATTERN = /^(?!j\d+$)[A-Za-z0-9._:-]{1,128}$/;

/** The names a queue may have. */
export const QUEUE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** The names a group may have: those of a queue. */
export const GROUP_PATTERN: RegExp = QUEUE_PATTERN;

/** The queue of a job that names none. */
export const DEFAULT_QUEUE = "default";

/** The longest key of a unique job, in bytes. */
export const LONGEST_KEY = 256;

/** The most places of workers that one job may take. */
const MOST_SLOTS = 1024;

/** With less address space than this, hardly a shell starts. */
const LEAST_MEMORY = 16 * 1024 * 1024;

/** The largest stdin that is kept with a job, in bytes. */
export const LARGEST_STDIN = 1024 * 1024;

/**
 * What the values of a field are. Where it `clears`, the word `default` takes back what was said. No text holds a NUL byte, or half of a
 * surrogate pair.
 */
export type Kind =
  /** Text that is not blank. */
  | { type: "text" }
  /** Text that is not blank, of at most `max` characters, or bytes, on one line. */
  | { type: "line"; max: number; unit?: "bytes" }
  /** Text of a pattern; `takes` says it in words. Where only a few words are of it, `words` are these. */
  | { type: "word"; pattern: RegExp; takes: string; words?: readonly string[]; clears?: true }
  /** A whole number, both ends allowed. */
  | { type: "integer"; min: number; max: number; clears?: true }
  /** In code ms, in JSON seconds; at least `min`, in ms. */
  | { type: "duration"; min?: number; clears?: true }
  /** In bytes, at most `max`, and at least `min`. */
  | { type: "size"; min?: number; max: number; clears?: true }
  /** In code ms since the epoch, in JSON as ISO 8601. */
  | { type: "time" }
  /** A duration from now, which in code is the time when it is over; null is now. */
  | { type: "delay" }
  /** A directory, made absolute. */
  | { type: "path" }
  /** Variables of the environment. */
  | { type: "variables" }
  /** True or false. */
  | { type: "flag" }
  /** Ends of attempts: exit codes, signals and words (see `policy.ts`). */
  | { type: "ends" }
  /** How long to wait for the next attempt (see `policy.ts`). */
  | { type: "backoff" }
  /** What a command reads on its stdin: in code bytes, in JSON text or those bytes in base64. */
  | { type: "input"; as: "text" | "base64" }
  /** Other jobs, by their ids: in JSON an array of them, or text with commas. */
  | { type: "jobs" }
  /** Groups of jobs, by their names; written as ids are. */
  | { type: "groups" }
  /** Units by name, in code as `units.ts` stores them; in JSON an object, or text such as `api=2,gpu`. */
  | { type: "units" };

/** A value of a kind, in code. */
export type ValueOf<K extends Kind> = K extends { type: "integer" | "duration" | "size" | "time" } ? number
  : K extends { type: "delay" } ? number | null
  : K extends { type: "variables" } ? Readonly<Record<string, string>>
  : K extends { type: "flag" } ? boolean
  : K extends { type: "input" } ? Uint8Array
  : K extends { type: "jobs" } ? readonly NeedRef[]
  : K extends { type: "groups" } ? readonly string[]
  : string;

/** A field, by all the names it has. As a flag, `max_retries` is `--max-retries`. */
export interface Field {
  /** In code, of `NewJob` and `Job`. */
  key: string;
  /** In the table of jobs; null for another way to say a field that has a column. */
  column: string | null;
  /** It shares its column with others: see `policy.ts`. */
  part?: true;
  /** In a job's JSON; null when it does not stand there. */
  json: string | null;
  /** What it takes. */
  kind: Kind;
  /** Of a job that does not say: a value, or the setting of that name. Null is none, undefined that it must be said. */
  default: string | boolean | null | undefined | { setting: keyof Settings };
  /** Whether it can be changed while the job waits. */
  editable: boolean;
  /** One line for help and the API's document, without a final period. */
  brief: string;
  /** What people read before its value. */
  title: string;
  /** Stands in its empty input in a form; null where forms have none, or one of another shape. */
  hint: string | null;
}

/**
 * The fields, by the names that users type. Help and forms have them in this order; in a job's JSON, new ones follow the
 * others.
 */
export const FIELDS = {
  command: {
    key: "command",
    column: "command",
    json: "command",
    kind: { type: "text" },
    default: undefined,
    editable: true,
    brief: "the command, as a shell would run it",
    title: "Command",
    hint: null,
  },
  id: {
    // Null is the next of the store's own, or a UUID.
    key: "id",
    column: "name",
    json: "id",
    kind: {
      type: "word",
      pattern: ID_PATTERN,
      takes: "1 to 128 of the characters A-Z a-z 0-9 . _ : -, and not j with a number, which queuectl gives",
    },
    default: null,
    editable: false,
    brief: "its id (default: the next of j1, j2, …)",
    title: "Id",
    hint: "j1, j2, …",
  },
  queue: {
    key: "queue",
    column: "queue",
    json: "queue",
    kind: {
      type: "word",
      pattern: QUEUE_PATTERN,
      takes: "1 to 64 of the characters A-Z a-z 0-9 . _ : -, the first a letter or digit",
    },
    default: DEFAULT_QUEUE,
    editable: true,
    brief: "the queue (default: default)",
    title: "Queue",
    hint: DEFAULT_QUEUE,
  },
  priority: {
    key: "priority",
    column: "priority",
    json: "priority",
    kind: { type: "integer", min: MIN_INT32, max: MAX_INT32 },
    default: { setting: "priority" },
    editable: true,
    brief: "lower runs first; may be negative (default: setting priority)",
    title: "Priority",
    hint: "lower runs first",
  },
  max_retries: {
    // It runs at most once more than this.
    key: "maxRetries",
    column: "max_retries",
    json: "max_retries",
    kind: { type: "integer", min: 0, max: 1_000_000 },
    default: { setting: "maxRetries" },
    editable: true,
    brief: "how often it is run again when it fails (default: setting max_retries)",
    title: "Retries",
    hint: "3",
  },
  timeout: {
    key: "timeoutMs",
    column: "timeout_ms",
    json: "timeout",
    kind: { type: "duration" },
    default: { setting: "timeoutMs" },
    editable: true,
    brief: "how long an attempt may run; 0 is for ever (default: setting timeout)",
    title: "Timeout",
    hint: "90s, 10m, 1h30m",
  },
  max_output: {
    // Null is what the setting says when it runs.
    key: "maxOutput",
    column: "max_output",
    json: "max_output",
    kind: { type: "size", max: LARGEST_OUTPUT },
    default: null,
    editable: true,
    brief: "an attempt that prints more is ended; 0 is no limit (default: setting max_output)",
    title: "Max output",
    hint: "10M, 1GiB",
  },
  idle_timeout: {
    key: "idleTimeoutMs",
    column: "policy",
    part: true,
    json: "idle_timeout",
    kind: { type: "duration" },
    default: null,
    editable: true,
    brief:
      "an attempt that neither prints nor says anything for so long is ended; 0 is for ever. Many programs print in blocks to files",
    title: "Idle time",
    hint: "10m",
  },
  retry_on: {
    key: "retryOn",
    column: "policy",
    part: true,
    json: "retry_on",
    kind: { type: "ends" },
    default: null,
    editable: true,
    brief: "run it again after these ends only: 75,100-110,SIGSEGV,timeout,idle,lost; default is any failure",
    title: "Retry on",
    hint: "75,100-110,SIGSEGV,timeout",
  },
  no_retry_on: {
    key: "noRetryOn",
    column: "policy",
    part: true,
    json: "no_retry_on",
    kind: { type: "ends" },
    default: null,
    editable: true,
    brief: "never run it again after these ends, such as 2,126,127; default is none",
    title: "Not on",
    hint: "2,126,127",
  },
  backoff: {
    key: "backoff",
    column: "policy",
    part: true,
    json: "backoff",
    kind: { type: "backoff" },
    default: null,
    editable: true,
    brief:
      "how long to wait after each failure: 5s,30s,5m, or base=2,factor=3,max=10m,jitter=0.1 (default: the settings backoff_…)",
    title: "Backoff",
    hint: "5s,30s,5m",
  },
  max_wait: {
    key: "maxWaitMs",
    column: "policy",
    part: true,
    json: "max_wait",
    kind: { type: "duration" },
    default: null,
    editable: true,
    brief: "for how long it may put itself off, in all; 0 is for ever",
    title: "Max wait",
    hint: "1d",
  },
  nice: {
    key: "nice",
    column: "policy",
    part: true,
    json: "nice",
    kind: { type: "integer", min: 0, max: 19, clears: true },
    default: null,
    editable: true,
    brief: "how much it gives way to others for the CPU, from 0 to 19",
    title: "Nice",
    hint: "0 to 19",
  },
  io: {
    key: "io",
    column: "policy",
    part: true,
    json: "io",
    kind: { type: "word", pattern: /^(?:idle|best-effort)$/, takes: "idle or best-effort", clears: true },
    default: null,
    editable: true,
    brief: "when it has the disk: idle is when nobody else wants it, best-effort is last among all others",
    title: "Disk",
    hint: "idle",
  },
  cpu_time: {
    key: "cpuTimeMs",
    column: "policy",
    part: true,
    json: "cpu_time",
    kind: { type: "duration", min: 1000, clears: true },
    default: null,
    editable: true,
    brief: "how much CPU time each of its processes may use before it is ended",
    title: "CPU time",
    hint: "10m",
  },
  memory: {
    key: "memory",
    column: "policy",
    part: true,
    json: "memory",
    kind: { type: "size", min: LEAST_MEMORY, max: LARGEST_OUTPUT, clears: true },
    default: null,
    editable: true,
    brief:
      "how much address space each of its processes gets; some programs reserve much more than they use, such as those on a JVM",
    title: "Memory",
    hint: "2GiB",
  },
  max_procs: {
    key: "maxProcs",
    column: "policy",
    part: true,
    json: "max_procs",
    kind: { type: "integer", min: 1, max: 4_194_304, clears: true },
    default: null,
    editable: true,
    brief: "it starts no process while its user has so many, all others of that user included; not for root",
    title: "Processes",
    hint: "200",
  },
  needs: {
    key: "takes",
    column: "policy",
    part: true,
    // what it needs of other jobs stands there under that name
    json: "takes",
    kind: { type: "units" },
    default: null,
    editable: true,
    brief:
      "what it takes while it runs: units of limits, or of what a worker has, such as api=2 or gpu; may be repeated",
    title: "Takes",
    hint: "api=2, gpu",
  },
  slots: {
    key: "slots",
    column: "policy",
    part: true,
    json: "slots",
    kind: { type: "integer", min: 1, max: MOST_SLOTS, clears: true },
    default: null,
    editable: true,
    brief: "how many of a worker's places it takes (default: 1)",
    title: "Slots",
    hint: "1",
  },
  run_at: {
    // Null is at once.
    key: "runAt",
    column: "run_at",
    json: "run_at",
    kind: { type: "time" },
    default: null,
    editable: true,
    brief:
      "not before this time: 2030-01-01T14:00:00Z, 'tomorrow 9:00', 'friday 18:00', +2h; here unless it names a zone",
    title: "Runs at",
    hint: null,
  },
  delay: {
    key: "runAt",
    column: null,
    json: null,
    kind: { type: "delay" },
    default: null,
    editable: true,
    brief: "not before this long from now",
    title: "Delay",
    hint: "not before this long from now",
  },
  after: {
    // Kept apart from the job, as all four are: see `needs.ts`.
    key: "after",
    column: null,
    json: null,
    kind: { type: "jobs" },
    default: null,
    editable: true,
    brief: "not before these jobs have completed; it is skipped when one fails or is called off",
    title: "After",
    hint: "j1, j2",
  },
  after_failed: {
    key: "afterFailed",
    column: null,
    json: null,
    kind: { type: "jobs" },
    default: null,
    editable: true,
    brief: "only when these jobs have failed for good",
    title: "After failure",
    hint: "j1, j2",
  },
  after_ended: {
    key: "afterEnded",
    column: null,
    json: null,
    kind: { type: "jobs" },
    default: null,
    editable: true,
    brief: "not before these jobs have ended, however",
    title: "After end",
    hint: "j1, j2",
  },
  after_group: {
    key: "afterGroup",
    column: null,
    json: null,
    kind: { type: "groups" },
    default: null,
    editable: true,
    brief: "not before these groups have ended with all of their jobs completed; it is skipped otherwise",
    title: "After group",
    hint: "g1, g2",
  },
  after_group_failed: {
    key: "afterGroupFailed",
    column: null,
    json: null,
    kind: { type: "groups" },
    default: null,
    editable: true,
    brief: "only when these groups have ended and jobs of them have failed for good",
    title: "After group's failure",
    hint: "g1, g2",
  },
  after_group_ended: {
    key: "afterGroupEnded",
    column: null,
    json: null,
    kind: { type: "groups" },
    default: null,
    editable: true,
    brief: "not before these groups have ended, however",
    title: "After group's end",
    hint: "g1, g2",
  },
  any: {
    key: "any",
    column: null,
    json: null,
    kind: { type: "flag" },
    default: false,
    editable: true,
    brief: "one of the jobs and groups that it comes after is enough",
    title: "Any of them",
    hint: null,
  },
  label: {
    key: "label",
    column: "label",
    json: "label",
    kind: { type: "line", max: 128 },
    default: null,
    editable: true,
    brief: "a word of your own to find it by",
    title: "Label",
    hint: "a word to find it by",
  },
  group: {
    // For good: what is counted of a group holds.
    key: "group",
    column: "in_group",
    json: "group",
    kind: {
      type: "word",
      pattern: GROUP_PATTERN,
      takes: "1 to 64 of the characters A-Z a-z 0-9 . _ : -, the first a letter or digit",
    },
    default: null,
    editable: false,
    brief: "the group it belongs to, which is there from its first job on",
    title: "Group",
    hint: "jobs that belong together",
  },
  unique_key: {
    key: "uniqueKey",
    column: "unique_key",
    json: "unique_key",
    kind: { type: "line", max: LONGEST_KEY, unit: "bytes" },
    default: null,
    editable: true,
    brief: "of the jobs with this key, only one waits or runs at a time",
    title: "Key",
    hint: "one at a time",
  },
  unique: {
    // The store makes the key: see `rules/unique.ts`.
    key: "unique",
    column: null,
    json: null,
    kind: { type: "flag" },
    default: false,
    editable: false,
    brief: "the same, with a key made of its command, queue and directory",
    title: "Unique",
    hint: null,
  },
  unique_until: {
    // Null is `end`.
    key: "uniqueUntil",
    column: "policy",
    part: true,
    json: "unique_until",
    kind: { type: "word", pattern: /^(end|start)$/, takes: "end or start", words: ["end", "start"] },
    default: null,
    editable: true,
    brief: "when it gives its key up: at its end, or already at its start (default: end)",
    title: "Key until",
    hint: "end",
  },
  unique_for: {
    key: "uniqueForMs",
    column: "policy",
    part: true,
    json: "unique_for",
    kind: { type: "duration" },
    default: null,
    editable: true,
    brief: "for how long from now it keeps its key in any case, also once it has ended",
    title: "Key for",
    hint: "1h",
  },
  on_conflict: {
    // Null is `skip`.
    key: "onConflict",
    column: null,
    json: null,
    kind: {
      type: "word",
      pattern: /^(skip|after|replace|error)$/,
      takes: "skip, after, replace or error",
      words: ["skip", "after", "replace", "error"],
    },
    default: null,
    editable: false,
    brief: "what becomes of it when another job has its key (default: skip)",
    title: "On conflict",
    hint: "skip",
  },
  at_most_late: {
    key: "atMostLateMs",
    column: null,
    json: null,
    kind: { type: "duration" },
    default: null,
    editable: false,
    brief:
      "with --on-conflict replace: so long after the first of them it may start, however often it was replaced",
    title: "At most late",
    hint: "2m",
  },
  replace_ended: {
    key: "replaceEnded",
    column: null,
    json: null,
    kind: { type: "flag" },
    default: false,
    editable: false,
    brief: "take the id of a job that has ended, which is deleted",
    title: "Replace ended",
    hint: null,
  },
  cwd: {
    // Null is the worker's own, which only the store knows: `spec.ts` takes where the job is enqueued.
    key: "cwd",
    column: "cwd",
    json: "cwd",
    kind: { type: "path" },
    default: null,
    editable: true,
    brief: "the directory to run in (default: where it is enqueued)",
    title: "Directory",
    hint: "where the dashboard was started",
  },
  env: {
    // Laid over the worker's environment.
    key: "env",
    column: "env",
    json: "env",
    kind: { type: "variables" },
    default: null,
    editable: true,
    brief: "a variable for its environment; may be repeated",
    title: "Env",
    hint: null,
  },
  stdin: {
    // Kept apart from the job, which has its size alone: see `LARGEST_STDIN`.
    key: "stdin",
    column: null,
    json: null,
    kind: { type: "input", as: "text" },
    default: null,
    editable: false,
    brief: "what it reads on its standard input, up to 1 MiB, kept with it",
    title: "Input",
    hint: null,
  },
  stdin_base64: {
    key: "stdin",
    column: null,
    json: null,
    kind: { type: "input", as: "base64" },
    default: null,
    editable: false,
    brief: "the same, where it is not text",
    title: "Input",
    hint: null,
  },
  hold: {
    // That has commands and routes of its own once the job is there.
    key: "held",
    column: "held",
    json: "held",
    kind: { type: "flag" },
    default: false,
    editable: false,
    brief: "keep it from starting until it is released",
    title: "Held",
    hint: null,
  },
} as const satisfies Record<string, Field>;

/** A field, by the name that users type. */
export type FieldName = keyof typeof FIELDS;

/** The fields of which something holds. */
export type Where<Condition> = {
  [N in FieldName]: (typeof FIELDS)[N] extends Condition ? N : never;
}[FieldName];

/** A field with a column. */
export type StoredName = Where<{ column: string }>;

/** A field that shares its column with others. */
export type SharedName = Where<{ part: true }>;

/** A field that stands in a job's JSON. */
export type ShownName = Where<{ json: string }>;

/** A field that can be changed while the job waits. */
export type EditableName = Where<{ editable: true }>;

/** The value of a field in a job, in code. */
export type FieldValue<N extends FieldName> =
  | ValueOf<(typeof FIELDS)[N]["kind"]>
  | ((typeof FIELDS)[N]["default"] extends null ? null : never);

/** The settings that hold for jobs that do not say. */
export type FieldSetting = {
  [N in FieldName]: (typeof FIELDS)[N]["default"] extends { setting: infer S } ? S : never;
}[FieldName];

/** A job to be stored, checked and with its defaults filled in (see `spec.ts`). Its properties are the keys of the fields. */
export type NewJob = StoredFields & SaidNeeds & SaidUnique & {
  /** What its attempts read on their stdin, at most `LARGEST_STDIN` bytes; nothing unless given. */
  stdin?: Uint8Array | null;
};

/** What is said of a new job's key and id, and not stored with it. */
export interface SaidUnique {
  /** Its key is made of its command, queue and directory. */
  unique?: boolean;
  /** What becomes of it when another job has its key: see `OnConflict`; null is `skip`. */
  onConflict?: string | null;
  /** How much later than the first of those that it replaces it may start, in ms. */
  atMostLateMs?: number | null;
  /** The job that has its id is deleted, if that has ended. */
  replaceEnded?: boolean;
}

/** What stands in the columns of a job's fields. */
export type StoredFields = { [N in StoredName as (typeof FIELDS)[N]["key"]]: FieldValue<N> };

/** All fields. */
export const FIELD_NAMES = Object.keys(FIELDS) as readonly FieldName[];

/** Those with a column. */
export const STORED_FIELDS = FIELD_NAMES.filter((name) =>
  FIELDS[name].column !== null
) as readonly StoredName[];

/** Those with a column of their own, but for the id, which is in two. */
export const OWN_COLUMNS = STORED_FIELDS.filter((name) =>
  name !== "id" && !("part" in FIELDS[name])
) as readonly Exclude<
  StoredName,
  SharedName | "id"
>[];

/** Those that stand in a job's JSON. */
export const SHOWN_FIELDS = FIELD_NAMES.filter((name) => FIELDS[name].json !== null) as readonly ShownName[];

/** Those that can be changed while a job waits. */
export const EDITABLE_FIELDS = FIELD_NAMES.filter((name) => FIELDS[name].editable) as readonly EditableName[];
