/**
 * @module
 * Jobs for each of many items, or each number of an array, as one group: the same on the command line and over HTTP.
 */
import { inPlace } from "../domain/bulk.ts";
import { commandsFor, type Template } from "../domain/each.ts";
import { BadInput, UserError } from "../domain/errors.ts";
import type { NewJob } from "../domain/job.ts";
import { randomName } from "../domain/random_name.ts";
import { type JobDefaults, jobFromCommand } from "../domain/spec.ts";
import type { JobPage, Store } from "../store/contract.ts";
import { quoteWords } from "../system/shell_words.ts";

/** What jobs are to be made for. */
export interface ForEach {
  /** The items, or the numbers of an array. */
  items: readonly string[];
  /** They are numbers, which need not stand in the command. */
  isArray: boolean;
  /** What each of them becomes. */
  template: Template;
  /** What stands for an item, instead of `{}` and its like. */
  mark?: string | undefined;
  /** What holds for each of the jobs. */
  defaults: JobDefaults;
  /** What a sentence calls the items. */
  source: string;
}

/** The jobs, in the order of the items, and their group. @throws {BadInput} where an item makes no job */
export function jobsForEach(
  { items, isArray, template, mark, defaults, source }: ForEach,
): { jobs: NewJob[]; group: string } {
  // no other group has that name, most likely; one that has it is sealed, and refuses
  const group = defaults.given?.group ?? randomName(isArray ? "array" : "each", 8);
  const commands = commandsFor(items, { template, quote: quoteWords, mark, atEnd: !isArray });
  const jobs = commands.map((command, index) => {
    try {
      const job = jobFromCommand(command, defaults);
      const env = {
        ...job.env,
        ...variablesOf({ index, count: items.length, item: items[index]!, isArray }),
      };
      return { ...job, group, env };
    } catch (error) {
      throw error instanceof UserError ? inPlace(error, { source, place: `item ${index + 1}` }) : error;
    }
  });
  return { jobs, group };
}

/** By which a job of an array knows which one it is. */
function variablesOf(
  { index, count, item, isArray }: { index: number; count: number; item: string; isArray: boolean },
): Record<string, string> {
  return {
    QUEUECTL_INDEX: isArray ? item : String(index + 1),
    QUEUECTL_COUNT: String(count),
    QUEUECTL_ITEM: item,
  };
}

/** Has each job need the one of a group in the same place. @throws {BadInput} where they are not as many */
export async function comeAfterEach(store: Store, group: string, jobs: readonly NewJob[]): Promise<void> {
  if (!await store.group(group)) {
    throw new BadInput(`Cannot make jobs wait for each of group "${group}": no such group`);
  }
  const ids: string[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null && ids.length <= jobs.length) {
    const page: JobPage = await store.list({ group, sort: "oldest", limit: 1000, ...cursor && { cursor } });
    ids.push(...page.jobs.map(({ id }) => id));
    cursor = page.cursor;
  }
  if (ids.length !== jobs.length) {
    const has = cursor === null ? String(ids.length) : `more than ${jobs.length}`;
    throw new BadInput(`Cannot make ${jobs.length} jobs wait for each of group "${group}": it has ${has}`);
  }
  for (const [index, job] of jobs.entries()) job.after = [...job.after ?? [], ids[index]!];
}
