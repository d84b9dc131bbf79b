/**
 * @module
 * The fields of a job as flags: `max_retries` is `--max-retries`.
 */
import { BadInput } from "../../domain/errors.ts";
import { FIELD_NAMES, type FieldName, FIELDS, type Kind } from "../../domain/fields.ts";
import { quote } from "../../domain/spec.ts";
import { type Flag, type Flags, text, texts, toggle } from "../line/flags.ts";

/** What the flags of some fields give: text as it was typed. */
export type JobFlagValues = Record<string, string | boolean | readonly string[] | undefined>;

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
  const { kind, brief } = FIELDS[name];
  if (kind.type === "flag") return toggle(brief) as Flag<boolean | undefined>;
  return (kind.type === "variables" ? texts : text)(placeholder(name, kind), brief);
}

/** What stands for its value in help. */
function placeholder(name: FieldName, { type }: Kind): string {
  switch (type) {
    case "integer":
      return "N";
    case "duration":
    case "delay":
      return "DURATION";
    case "time":
      return "TIME";
    case "path":
      return "DIR";
    case "variables":
      return "NAME=VALUE";
    case "text":
    case "line":
    case "word":
      return name.toUpperCase();
    case "input":
      return "FILE";
    case "flag":
      return "";
  }
}

/** The values of those flags by the names of their fields; flags that are none are left out. */
export function fieldTexts(values: JobFlagValues): Partial<Record<FieldName, JobFlagValues[string]>> {
  return Object.fromEntries(FIELD_NAMES.map((name) => [name, values[camelCase(name)]]));
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
    if (type === "variables") values[name] = variables(name, value as readonly string[]);
    else values[name] = type === "integer" && /^[+-]?\d+$/.test(value as string) ? Number(value) : value;
  }
  return values;
}

function variables(name: FieldName, entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(entries.map((entry) => {
    const equals = entry.indexOf("=");
    if (equals < 1) throw new BadInput(`Cannot use ${name} ${quote(entry)}: it takes NAME=VALUE`);
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  }));
}

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
