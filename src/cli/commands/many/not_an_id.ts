/**
 * @module
 * A word that stands where an id should and that no job has for an id, but that says which jobs are meant: `all`, a
 * state, or a queue.
 */
import { NoSuch } from "../../../domain/errors.ts";
import type { Context } from "../../line/context.ts";
import { quoteWords } from "../../../system/shell_words.ts";
import { FILTERS } from "./filter_flags.ts";

/**
 * Refuses such a word, with the flag that says it. `what` is to be done to the jobs; `states` is false for a command
 * that does not take them by their state.
 * @throws {NoSuch}
 */
export async function requireId(
  context: Context,
  { what, words, states }: { what: string; words: readonly string[]; states: boolean },
): Promise<void> {
  const [word = ""] = words;
  if (words.length !== 1 || /^j\d+$/.test(word)) return;
  const store = await context.store();
  if (await store.get(word)) return;
  const state = states ? FILTERS.state.meaning?.(word) : undefined;
  const meant = word === "all" || word === "*"
    ? "--all"
    : state !== undefined
    ? `--state ${state}`
    : (await store.queues()).some(({ name }) => name === word)
    ? `--queue ${quoteWords([word])}`
    : undefined;
  if (meant !== undefined) {
    throw new NoSuch(`Cannot ${what} job "${word}": no such job, did you mean ${meant}?`);
  }
}
