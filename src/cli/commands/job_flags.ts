/**
 * @module
 * The fields of a job as flags: `max_retries` is `--max-retries`.
 */
import { type FieldName, FIELDS } from "../../domain/spec.ts";
import { type Flag, type Flags, text, texts, toggle } from "../line/flags.ts";

/** What the flags of some fields give: text as it was typed. */
export type JobFlagValues = Record<string, string | boolean | string[] | undefined>;

/** Flags for fields; all of them unless `names` says which. */
export function jobFlags(names: readonly FieldName[] = Object.keys(FIELDS) as FieldName[]): Flags {
  return Object.fromEntries(names.map((name) => [camelCase(name), flagFor(name)]));
}

function flagFor(name: FieldName): Flag<string | string[] | boolean | undefined> {
  const { placeholder, brief } = FIELDS[name];
  if (name === "hold") return toggle(brief) as Flag<boolean | undefined>;
  return name === "env" ? texts(placeholder, brief) : text(placeholder, brief);
}

/** The values of those flags by the names of their fields; flags that are none are left out. */
export function fieldTexts(values: JobFlagValues): Partial<Record<FieldName, string | boolean | string[]>> {
  const names = Object.keys(FIELDS) as FieldName[];
  return Object.fromEntries(names.map((name) => [name, values[camelCase(name)]]));
}

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
