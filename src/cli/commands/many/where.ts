/**
 * @module
 * Filters in a flag of their own, `--where queue=mail`, for a command whose other flags say what to set. Pure.
 */
import { BadInput } from "../../../domain/errors.ts";
import { nearest } from "../../../domain/nearest.ts";
import { flagName, type Flags, texts, toggle } from "../../line/flags.ts";
import { SURENESS } from "./change_many.ts";
import { FILTERS, type FilterValues } from "./filter_flags.ts";

const NAMES = Object.keys(FILTERS) as (keyof typeof FILTERS)[];

export const WHERE_FLAGS = {
  where: texts("NAME=VALUE", `only jobs that have this: ${NAMES.map(flagName).join(", ")}`),
  all: toggle("all jobs that wait"),
  ...SURENESS,
} satisfies Flags;

/** What `--where` was given. @throws {BadInput} for what is no filter, or given twice */
export function readWhere(given: readonly string[]): FilterValues {
  const values: Record<string, unknown> = {};
  for (const one of given) {
    const equals = one.indexOf("=");
    const typed = one.slice(0, equals).replaceAll("_", "-");
    const name = equals < 0 ? undefined : NAMES.find((name) => flagName(name) === typed);
    if (name === undefined) {
      const names = NAMES.map((name) => `${flagName(name)}=`);
      const near = equals < 0 ? undefined : nearest(`${typed}=`, names);
      const instead = near === undefined ? "" : `; did you mean ${near}${one.slice(equals + 1)}?`;
      throw new BadInput(`Cannot use --where "${one}": it takes ${names.join(", ")} and a value${instead}`);
    }
    const several = FILTERS[name].kind === "values";
    if (!several && Object.hasOwn(values, name)) {
      throw new BadInput(`Cannot use --where "${one}": ${typed} was already given`);
    }
    try {
      const value = FILTERS[name].parse(one.slice(equals + 1));
      values[name] = several ? [...values[name] as unknown[] ?? [], value] : value;
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      throw new BadInput(`Cannot use --where "${one}": ${error.message}`);
    }
  }
  return values;
}
