/**
 * @module
 * Commands on jobs that take ids or filters. What is done by ids is up to the command, at once to all of them or to
 * none; by filters it is done here, the same for all of them.
 */
import { BadInput } from "../../../domain/errors.ts";
import type { Verb } from "../../../store/contract.ts";
import type { Context } from "../../line/context.ts";
import { distinct } from "../../line/ids.ts";
import { type ChangedMany, changeMany, type Doing, type ManyValues, printChanged } from "./change_many.ts";
import { type FilterValues, isFiltered } from "./filter_flags.ts";
import { requireId } from "./not_an_id.ts";

/** What was asked for. */
export interface Asked extends Pick<Doing, "verb" | "only"> {
  /** Ids, each as often as it was given. */
  words: readonly string[];
  flags: ManyValues;
  /** What the jobs that are meant have in common; the flags, unless the command says more. */
  filters?: FilterValues;
}

/** The ids that were given; undefined when filters were: then it is done, and what came of it printed. */
export async function givenIds(context: Context, asked: Asked): Promise<string[] | undefined> {
  const meant = await meantJobs(context, asked);
  if ("ids" in meant) return meant.ids;
  printChanged(context, asked.verb, meant.changed);
  return undefined;
}

/**
 * The ids that were given; or what came of it when filters were, which is nothing when it was only to be shown.
 * @throws {BadInput} when both were given, or neither
 */
export async function meantJobs(
  context: Context,
  { verb, only, words, flags, filters = flags }: Asked,
): Promise<{ ids: string[] } | { changed: ChangedMany | undefined }> {
  if (areByIds(verb, words, flags)) {
    const signal = words.find((word) => /^-\d+$/.test(word));
    if (signal !== undefined) throw new BadInput(`Unknown flag ${signal}; --help shows what it takes`);
    await requireId(context, { what: verb, words, states: filters === flags });
    return { ids: distinct(words) };
  }
  const { yes = false, dryRun = false } = flags;
  return { changed: await changeMany(context, { verb, ...only && { only }, filters, yes, dryRun }) };
}

/** Whether any filter was given, or all jobs are meant. */
export function byFilters(flags: ManyValues): boolean {
  return isFiltered(flags) || flags.all === true;
}

function areByIds(verb: Verb, ids: readonly string[], flags: ManyValues): boolean {
  const filtered = byFilters(flags);
  if (ids.length > 0 && (filtered || flags.dryRun)) {
    throw new BadInput(
      `Cannot ${verb} jobs by ids and filters at once: give ids alone, or filters with --dry-run or --yes`,
    );
  }
  if (ids.length === 0 && !filtered) {
    throw new BadInput(
      `Cannot tell which jobs to ${verb}: give ids, or filters such as --queue QUEUE, or --all`,
    );
  }
  return ids.length > 0;
}
