/**
 * @module
 * The settings: keys, defaults, ranges, and how a value is read and written. Pure; the store keeps only the
 * values that were set, as the text that `formatSetting` gives, and everything else is a default from here.
 */
import { formatDuration, parseDuration } from "./duration.ts";
import { BadInput } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** All settings, with names as in code. Durations in ms, sizes in bytes. */
export interface Settings {
  /** How often a failed job is run again, unless it says so itself. */
  maxRetries: number;
  /** In seconds; the growth too, as long as there is no factor. */
  backoffBase: number;
  /** Growth of the delay from one retry to the next; null: `backoffBase` to the power of n. */
  backoffFactor: number | null;
  /** No retry waits longer, jitter aside. */
  backoffMaxMs: number;
  /** The fraction, 0 to 1, of itself by which a delay may differ either way. */
  backoffJitter: number;
  /** Of jobs that name none; lower runs first. */
  priority: number;
  /** Of jobs that name none, for each attempt; 0 is for ever. */
  timeoutMs: number;
  /** Between two looks of a worker that nothing wakes. */
  pollIntervalMs: number;
  /** Without a heartbeat for this long, a worker counts as gone. */
  leaseMs: number;
  /** Between SIGTERM and SIGKILL; 0 is SIGKILL at once. */
  killGraceMs: number;
  /** Bytes kept of each output stream of an attempt. */
  outputLimit: number;
  /** Bytes that an attempt may print, both streams together, before it is ended; 0 is any number. */
  maxOutput: number;
  /** How long completed and cancelled jobs are kept; 0 is for ever. */
  retentionMs: number;
  /** How long dead jobs are kept; 0 is for ever. */
  retentionDeadMs: number;
  /** Ids of jobs that are given none: `j1`, `j2`, … or a UUID. */
  idFormat: "short" | "uuid";
  /** Names of variables that `--env-all` leaves out: globs, separated by commas. */
  envExclude: string;
  /** Name or path of what runs commands, as `SHELL -c COMMAND`. */
  shell: string;
}

/** The largest priority: what fits 32 bits. */
export const MAX_INT32 = 2 ** 31 - 1;
/** The smallest priority. */
export const MIN_INT32: number = -(2 ** 31);
const DAY_MS = 86_400_000;
/** Nothing is to print more than this, in bytes. */
export const LARGEST_OUTPUT: number = 1024 ** 4;

/** Ten years: the longest duration anything may be set to. */
export const LONGEST_MS = 3650 * DAY_MS;

/** How the values of one setting look. Durations in ms, sizes in bytes, both ends allowed. */
export type Kind =
  | { type: "integer" | "number" | "duration" | "size"; min: number; max: number }
  | { type: "choice"; choices: readonly string[] }
  | { type: "text" }
  /** Patterns of names with `*` and `?`, separated by commas; `none` is no pattern. */
  | { type: "globs" };

/** One setting as it is documented, stored and checked. */
export interface Setting<K extends keyof Settings = keyof Settings> {
  /** The name users type; `-` may stand for `_`. */
  key: string;
  /** Older names that still work. */
  aliases?: readonly string[];
  /** The field of `Settings`. */
  field: K;
  /** The value when none was set; null is "unset". */
  default: Settings[K];
  /** What values it takes. */
  kind: Kind;
  /** One line for help and `config list`, without a final period. */
  brief: string;
}

/** The shell that is always there, by the system's name as in `Deno.build.os`. */
export function shellOf(os: typeof Deno.build.os): string {
  return os === "windows" ? "cmd" : "sh";
}

function setting<K extends keyof Settings>(definition: Setting<K>): Setting {
  return definition as unknown as Setting;
}

/** Every setting, in the order in which `config list` shows them. */
export const SETTINGS: readonly Setting[] = [
  setting({
    key: "max_retries",
    aliases: ["max_retries_default"],
    field: "maxRetries",
    default: 3,
    kind: { type: "integer", min: 0, max: 1_000_000 },
    brief: "how often a failed job is run again, unless the job says so itself",
  }),
  setting({
    key: "backoff_base",
    field: "backoffBase",
    default: 2,
    kind: { type: "number", min: 0, max: 86_400 },
    brief: "the n-th retry waits base^n seconds, or base × factor^(n−1) once backoff_factor is set",
  }),
  setting({
    key: "backoff_factor",
    field: "backoffFactor",
    default: null,
    kind: { type: "number", min: 1, max: 1000 },
    brief: "growth of the delay from one retry to the next; unset: backoff_base is the growth too",
  }),
  setting({
    key: "backoff_max",
    field: "backoffMaxMs",
    default: 3_600_000,
    kind: { type: "duration", min: 0, max: 365 * DAY_MS },
    brief: "no retry waits longer than this",
  }),
  setting({
    key: "backoff_jitter",
    field: "backoffJitter",
    default: 0,
    kind: { type: "number", min: 0, max: 1 },
    brief: "spreads every delay by ± this fraction of it",
  }),
  setting({
    key: "priority",
    field: "priority",
    default: 0,
    kind: { type: "integer", min: MIN_INT32, max: MAX_INT32 },
    brief: "priority of a job that names none; lower runs first",
  }),
  setting({
    key: "timeout",
    field: "timeoutMs",
    default: 0,
    kind: { type: "duration", min: 0, max: LONGEST_MS },
    brief: "how long an attempt of a job that does not say so may run; 0 is for ever",
  }),
  setting({
    key: "poll_interval",
    field: "pollIntervalMs",
    default: 1000,
    kind: { type: "duration", min: 10, max: 3_600_000 },
    brief: "how often workers look for jobs when nothing wakes them",
  }),
  setting({
    key: "lease",
    field: "leaseMs",
    default: 30_000,
    kind: { type: "duration", min: 1000, max: DAY_MS },
    brief:
      "how long after its last heartbeat a worker counts as gone; 2m unless set with a store on a server",
  }),
  setting({
    key: "kill_grace",
    field: "killGraceMs",
    default: 5000,
    kind: { type: "duration", min: 0, max: 3_600_000 },
    brief: "time between SIGTERM and SIGKILL when a job is ended",
  }),
  setting({
    key: "output_limit",
    field: "outputLimit",
    default: 1024 * 1024,
    kind: { type: "size", min: 0, max: 256 * 1024 * 1024 },
    brief:
      "how much of each output stream of an attempt is kept, half from its beginning and half from its end",
  }),
  setting({
    key: "max_output",
    field: "maxOutput",
    default: 0,
    kind: { type: "size", min: 0, max: LARGEST_OUTPUT },
    brief: "an attempt that prints more than this is ended and has failed; 0 is no limit",
  }),
  setting({
    key: "retention",
    field: "retentionMs",
    default: 30 * DAY_MS,
    kind: { type: "duration", min: 0, max: LONGEST_MS },
    brief: "how long completed and cancelled jobs are kept, unless their queue says otherwise; 0 is for ever",
  }),
  setting({
    key: "retention_dead",
    field: "retentionDeadMs",
    default: 0,
    kind: { type: "duration", min: 0, max: LONGEST_MS },
    brief: "how long dead jobs are kept, unless their queue says otherwise; 0 is for ever",
  }),
  setting({
    key: "id_format",
    field: "idFormat",
    default: "short",
    kind: { type: "choice", choices: ["short", "uuid"] },
    brief: "ids of jobs that are given none: j1, j2, … or a UUID",
  }),
  setting({
    key: "env_exclude",
    field: "envExclude",
    default:
      "*TOKEN*,*SECRET*,*PASSW*,*_PWD,*PASSPHRASE*,*CREDENTIAL*,*APIKEY*,*_KEY,*_KEY_ID,*_AUTH,*COOKIE*," +
      "*DATABASE_URL,*_DSN,AWS_*",
    kind: { type: "globs" },
    brief: "variables that enqueue --env-all leaves out, in capitals or not",
  }),
  setting({
    key: "shell",
    field: "shell",
    default: shellOf(Deno.build.os),
    kind: { type: "text" },
    brief: "the shell that runs commands, as SHELL -c COMMAND",
  }),
];

/** The settings when nothing was set. */
export const DEFAULT_SETTINGS: Readonly<Settings> = settingsFrom(new Map());

/**
 * Finds a setting by the name a user typed; `-` and `_`, and an older name, are the same.
 * @throws {BadInput} when there is none
 */
export function findSetting(name: string): Setting {
  const key = name.trim().replaceAll("-", "_").toLowerCase();
  const found = SETTINGS.find((one) => one.key === key || one.aliases?.includes(key));
  if (found) return found;
  const near = nearest(key, SETTINGS.map((one) => one.key));
  throw new BadInput(
    `Unknown setting "${name}"${
      near ? `, did you mean ${near}?` : `: there are ${SETTINGS.map(({ key }) => key).join(", ")}`
    }`,
  );
}

/**
 * Reads a value as a user types it.
 * @returns the value as it stands in `Settings`: durations in ms, sizes in bytes
 * @throws {BadInput} when it is not of the setting's kind or outside its range
 */
export function parseSetting(setting: Setting, text: string): Settings[keyof Settings] {
  const value = readValue(setting, text.trim());
  if (value === undefined) {
    throw new BadInput(`Cannot set ${setting.key} to "${text}": it takes ${describeRange(setting)}`);
  }
  return value;
}

function readValue({ kind, default: initial }: Setting, text: string): Settings[keyof Settings] | undefined {
  if (initial === null && /^(unset|none)$/i.test(text)) return null;
  switch (kind.type) {
    case "choice":
      return kind.choices.includes(text) ? text : undefined;
    case "text":
      // deno-lint-ignore no-control-regex -- the point is to refuse control characters
      return text !== "" && text.length <= 4096 && !/[\x00-\x1f]/.test(text) ? text : undefined;
    case "globs":
      return readGlobs(text);
    default: {
      const number = readNumber(kind.type, text);
      return number !== undefined && number >= kind.min && number <= kind.max ? number : undefined;
    }
  }
}

function readGlobs(text: string): string | undefined {
  const globs = text.split(",").map((glob) => glob.trim());
  return text.length <= 4096 && globs.every((glob) => /^[\w*?]+$/.test(glob)) ? globs.join() : undefined;
}

function readNumber(type: "integer" | "number" | "duration" | "size", text: string): number | undefined {
  switch (type) {
    case "duration":
      return parseDuration(text);
    case "size":
      return parseSize(text);
    case "integer":
      return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
    case "number":
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
  }
}

const SIZE_UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Reads a size: bytes, or a number with K, M or G, also as KB or KiB. Undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text);
  return match ? Math.round(Number(match[1]) * SIZE_UNITS[match[2]!.toLowerCase()]!) : undefined;
}

/** Writes a value so that `parseSetting` reads the same value back: `2`, `1h`, `1.5s`, `1MiB`, `unset`. */
export function formatSetting({ kind }: Setting, value: Settings[keyof Settings]): string {
  if (value === null) return "unset";
  if (kind.type === "duration") return formatExactDuration(value as number);
  if (kind.type === "size") return formatSize(value as number);
  return String(value);
}

/** Plain seconds where that is what people say (`5`, `1.5`), a unit where it is shorter (`30d`, `1h`). */
function formatExactDuration(ms: number): string {
  const short = formatDuration(ms);
  return ms >= 60_000 && parseDuration(short) === ms ? short : String(ms / 1000);
}

/** As people write sizes: `1MiB`, `1500`. */
export function formatSize(bytes: number): string {
  for (const [unit, name] of [[1024 ** 3, "GiB"], [1024 ** 2, "MiB"], [1024, "KiB"]] as const) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${name}`;
  }
  return String(bytes);
}

/** What a setting takes, for messages and help: `a whole number from 0 to 1000000`. */
export function describeRange({ kind, default: initial }: Setting): string {
  const orUnset = initial === null ? ", or unset" : "";
  switch (kind.type) {
    case "choice":
      return kind.choices.join(" or ");
    case "text":
      return "the name or path of a shell";
    case "globs":
      return "names of variables with * and ?, separated by commas, or none";
    case "duration":
      return `a duration from ${formatExactDuration(kind.min)} to ${
        formatExactDuration(kind.max)
      } (seconds, or 90s, 10m, 1h30m, 2d)${orUnset}`;
    case "size":
      return `a size from ${kind.min} to ${formatSize(kind.max)} (bytes, or 64K, 1M)${orUnset}`;
    case "integer":
      return `a whole number from ${kind.min} to ${kind.max}${orUnset}`;
    case "number":
      return `a number from ${kind.min} to ${kind.max}${orUnset}`;
  }
}

/**
 * All settings, from the texts that were stored; `defaults` has those that are others in this store. A text this version
 * cannot read counts as unset, so that a store touched by another version never stops a worker.
 */
export function settingsFrom(
  stored: ReadonlyMap<string, string>,
  defaults: ReadonlyMap<string, string> = new Map(),
): Settings {
  const entries = SETTINGS.map((one) => {
    const text = stored.get(one.key);
    const value = text === undefined ? undefined : readValue(one, text);
    return [one.field, value === undefined ? defaultOf(one, defaults) : value];
  });
  return Object.fromEntries(entries) as Settings;
}

/** What a setting is unless it was set, in a store with these defaults. */
export function defaultOf(
  setting: Setting,
  defaults: ReadonlyMap<string, string>,
): Settings[keyof Settings] {
  const text = defaults.get(setting.key);
  return text === undefined ? setting.default : parseSetting(setting, text);
}
