/**
 * @module
 * The fields of a job as flags: `max_retries` is `--max-retries`.
 */
import { BadInput } from "../../domain/errors.ts";
import { FIELD_NAMES, type FieldName, FIELDS, type Kind } from "../../domain/fields.ts";
import { parseTime, quote, type Surroundings } from "../../domain/spec.ts";
import type { Context } from "../line/context.ts";
import { choice, type Flag, type Flags, text, texts, toggle } from "../line/flags.ts";

/** What the flags of some fields give: text as it was typed. */
export type JobFlagValues = Record<string, string | boolean | number | readonly string[] | undefined>;

/** Flags for fields; all of them unless `names` says which. */
export function jobFlags(names: readonly FieldName[] = FIELD_NAMES): Flags {
  const typed = names.filter((name) => !isOnlyJson(FIELDS[name].kind));
  return Object.fromEntries(typed.map((name) => [camelCase(name), flagFor(name)]));
}

/** Bytes need no base64 where they come from a file. */
function isOnlyJson(kind: Kind): boolean {
  return kind.type === "input" && kind.as === "base64";
}

function flagFor(name: FieldName): Flag<string | string[] | boolean | undefined> {
  const { brief } = FIELDS[name];
  const kind: Kind = FIELDS[name].kind;
  if (kind.type === "flag") return toggle(brief) as Flag<boolean | undefined>;
  if (kind.type === "word" && kind.words) return choice(kind.words, brief);
  return (kind.type === "variables" || kind.type === "units" ? texts : text)(placeholder(name, kind), brief);
}

/** What stands for its value in help. */
function placeholder(name: FieldName, { type }: Kind): string {
  switch (type) {
    case "integer":
      return "N";
    case "duration":
    case "delay":
      return "DURATION";
    case "size":
      return "SIZE";
    case "time":
      return "TIME";
    case "path":
      return "DIR";
    case "variables":
      return "NAME[=VALUE]";
    case "text":
    case "line":
    case "word":
      return name.split("_").at(-1)!.toUpperCase();
    case "ends":
      return "ENDS";
    case "backoff":
      return "DELAYS";
    case "input":
      return "FILE";
    case "jobs":
      return "ID[,ID]";
    case "groups":
      return "G[,G]";
    case "units":
      return "NAME[=N]";
    case "flag":
      return "";
  }
}

/** The values of those flags by the names of their fields; flags that are none are left out. */
export function fieldTexts(values: JobFlagValues): Partial<Record<FieldName, JobFlagValues[string]>> {
  return Object.fromEntries(FIELD_NAMES.map((name) => [name, values[camelCase(name)]]));
}

/** What reads times as people say them, where one of these is no ISO 8601; it is not loaded for those that are. */
export async function timesAsSaid(
  now: number,
  ...said: readonly unknown[]
): Promise<Pick<Surroundings, "readTime">> {
  const isSaid = said.some((time) => typeof time === "string" && parseTime(time) === undefined);
  return isSaid ? { readTime: (await import("../../domain/when.ts")).timeReader(now) } : {};
}

/** Says when a job may start that was given a time in words. */
export async function sayWhen({ print }: Context, runAt: number | null, now: number): Promise<void> {
  if (runAt === null || !print.hints) return;
  const { fromNow, timeOfDay } = await import("../show/times.ts");
  print.hint(`Not before ${timeOfDay(runAt, { utc: false })} (${fromNow(runAt, now)})`);
}

/** As `fieldsFromFlags`, with the variables that are taken from here. */
export async function fieldsWithVariables(
  context: Context,
  flags: JobFlagValues,
): Promise<Record<string, unknown>> {
  if (!takesFromHere(flags)) return fieldsFromFlags(fieldTexts(flags));
  const { variablesFromHere } = await import("./environment_flags.ts");
  const env = await variablesFromHere(context, flags as EnvironmentFlags);
  return { ...fieldsFromFlags(fieldTexts({ ...flags, env: undefined })), env };
}

/**
 * Flags as they were typed to values as JSON has them; what cannot be one stays text and is refused as such.
 * Variables come as `NAME=VALUE`s.
 */
export function fieldsFromFlags(
  flags: Readonly<Partial<Record<FieldName, JobFlagValues[string]>>>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of FIELD_NAMES) {
    const value = flags[name];
    if (value === undefined || value === false) continue;
    const { type }: Kind = FIELDS[name].kind;
    if (type === "input") continue; // a path, for whoever reads the file
    if (type === "variables") values[name] = variables(value as readonly string[]);
    else values[name] = type === "integer" && /^[+-]?\d+$/.test(value as string) ? Number(value) : value;
  }
  return values;
}

function variables(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(entries.map((entry) => splitVariable(entry) as [string, string]));
}

/** `NAME=VALUE`, or `NAME` without a value. @throws {BadInput} where there is no name */
export function splitVariable(entry: string): [name: string, value?: string] {
  const equals = entry.indexOf("=");
  if (equals === 0 || entry === "") {
    throw new BadInput(
      `Cannot use env ${quote(entry)}: it takes NAME=VALUE, or NAME of a variable that is set here`,
    );
  }
  return equals < 0 ? [entry] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

/** What was typed of variables. */
export interface EnvironmentFlags {
  env?: readonly string[];
  envFile?: readonly string[];
  envAll?: boolean;
}

/** Where variables come from besides `--env`. */
export const ENV_FLAGS = {
  envFile: texts("FILE", "variables from a file, NAME=VALUE a line; may be repeated"),
  envAll: toggle("the whole environment from here, without what the setting env_exclude names"),
};

/** Whether flags take variables from somewhere else than the command line (see `environment_flags.ts`). */
function takesFromHere({ env, envFile, envAll }: JobFlagValues): boolean {
  return envAll === true || envFile !== undefined ||
    Array.isArray(env) && env.some((entry) => !entry.includes("="));
}

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
