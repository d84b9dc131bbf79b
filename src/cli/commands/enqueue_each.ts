/**
 * @module
 * `enqueue --each` and `--array`: one job for each line of a file, each file that matches a pattern, or each number, as one
 * group; all of them or none.
 */
import type { Template } from "../../domain/each.ts";
import { BadInput } from "../../domain/errors.ts";
import { isGlob } from "../../domain/glob.ts";
import type { NewJob } from "../../domain/job.ts";
import type { JobDefaults } from "../../domain/spec.ts";
import { comeAfterEach, jobsForEach } from "../../views/each_jobs.ts";
import type { Context } from "../line/context.ts";
import { type StoredMany, storeMany } from "./enqueue_bulk.ts";
import { groupName } from "./group/names.ts";
import type { JoiningFlags } from "./joining.ts";
import { matchingFiles } from "./matching_files.ts";
import { inputName, readTextInput } from "./read_input.ts";

/** What was asked for. */
export interface EachRequest {
  /** Files of items, `-` or patterns; or numbers. */
  items: { sources: readonly string[]; byNul: boolean } | { array: readonly number[] };
  template: Template;
  /** As in `ForEach`. */
  mark: string | undefined;
  /** What holds for each of the jobs. */
  defaults: JobDefaults;
  /** What is said of groups. */
  joining: JoiningFlags;
  /** A group whose jobs these come after, each after one. */
  afterEach: string | undefined;
  /** Jobs that come after all of them. */
  then(group: string): NewJob[];
}

/**
 * Queues the jobs, as one group, and returns them with their ids; what comes after them is last.
 * @throws {BadInput} where there is no item, or one makes no job
 */
export async function enqueueEach(
  context: Context,
  { items: said, template, mark, defaults, joining, afterEach, then }: EachRequest,
): Promise<StoredMany & { then: string[]; group: string }> {
  const isArray = "array" in said;
  const items = isArray ? said.array.map(String) : await itemsOf(said, defaults);
  const source = isArray ? "--array" : said.sources.map(inputName).join(", ");
  const { jobs, group } = jobsForEach({ items, isArray, template, mark, defaults, source });
  if (afterEach !== undefined) {
    await comeAfterEach(await context.store({ reserve: false }), groupName(afterEach), jobs);
  }
  const last = then(group);
  const all = last.length > 0 ? [...jobs, ...last] : jobs;
  const { ids, placed } = await storeMany(context, { jobs: all, now: defaults.now, joining });
  const made = placed && { placed: placed.slice(0, jobs.length) };
  return { jobs, ids: ids.slice(0, jobs.length), then: ids.slice(jobs.length), group, ...made };
}

async function itemsOf(
  { sources, byNul }: { sources: readonly string[]; byNul: boolean },
  defaults: JobDefaults,
): Promise<string[]> {
  const items: string[] = [];
  const directory = defaults.given?.cwd ?? defaults.cwd ?? ".";
  for (const source of sources) {
    const found = isGlob(source)
      ? await matchingFiles(source, directory)
      : itemsIn(await readTextInput(source), byNul);
    if (found.length === 0) throw nothingIn(source);
    for (const item of found) items.push(item);
  }
  return items;
}

function itemsIn(text: string, byNul: boolean): string[] {
  const items = byNul ? text.split("\0") : text.split("\n").map((line) => line.replace(/\r$/, ""));
  return items.filter((item) => byNul ? item !== "" : item.trim() !== "");
}

function nothingIn(source: string): BadInput {
  const why = isGlob(source) ? "no file matches" : "it has no items";
  return new BadInput(
    `Cannot enqueue for each of ${source === "-" ? inputName(source) : `"${source}"`}: ${why}`,
  );
}

/** What was typed besides `--each`. */
export interface TypedForEach {
  fields: Readonly<Record<string, unknown>>;
  words: readonly string[];
  /** Those of the words that followed `--`. */
  literal: readonly string[] | undefined;
  file: unknown;
  /** What to do about a word too many. */
  advice: string;
}

/** The template that was typed: text, or words after `--`. @throws {BadInput} where there is none, or more than that */
export function templateOf({ fields, words, literal = [], file, advice }: TypedForEach): Template {
  const { command } = fields;
  const [first, second] = words;
  if (file !== undefined) throw new BadInput("Cannot use --each with --file: a file says its own commands");
  if ("id" in fields) throw new BadInput("Cannot use --each with an id: each job needs one of its own");
  if (first !== undefined && command !== undefined) {
    throw new BadInput("Cannot take two commands: give one as text or with --command");
  }
  if (typeof command === "string") return { text: command };
  if (first === undefined) throw new BadInput("Missing COMMAND: say what to run for each item");
  if (literal.length === words.length) return { words };
  if (first.startsWith("-")) throw new BadInput(`Unknown flag ${first}; --help shows what it takes`);
  if (second !== undefined) {
    // what stands before -- is no part of the command
    const why = literal.length > 0 ? "quote a pattern, or the shell puts names in its place" : advice;
    throw new BadInput(`Unexpected word "${second}" after "${first}": ${why}`);
  }
  if (/^\s*\{\s*"/.test(first)) {
    throw new BadInput(
      "Cannot use --each with a job as JSON: give the command as text, and the rest as flags",
    );
  }
  return { text: first };
}
