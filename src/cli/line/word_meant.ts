/**
 * @module
 * What is meant by a word that a command does not take: the value of one of its flags. Pure.
 */
import { quoteWords } from "../../system/shell_words.ts";
import { flagName, type Flags } from "./flags.ts";

/** Flags with numbers and durations of which people leave out the name. */
const COUNTED = ["olderThan", "concurrency", "count"];
/** Flags of which any word may be the value. */
const ANY = ["command", "queue", "search", "id"];
/** Flags that `tail -100` and `head -100` have taught people to write as a number. */
const DASHED = ["lines", "limit"];

/** The flags that may be meant, as they are typed: `--state pending`. */
export function flagsForWord(word: string, flags: Flags): string[] {
  const typed = (name: string, value = word) => `--${flagName(name)} ${quoteWords([value])}`;
  const state = stateMeant(word, flags);
  if (state !== undefined) return [state];
  const [, dashed] = /^-(\d+)$/.exec(word) ?? [];
  if (dashed !== undefined) {
    return DASHED.filter((name) => takes(flags, name, dashed)).map((name) => typed(name, dashed));
  }
  if (/^\d/.test(word)) return COUNTED.filter((name) => takes(flags, name, word)).map((name) => typed(name));
  return ANY.filter((name) => Object.hasOwn(flags, name)).map((name) => typed(name));
}

/** `--state processing` for `running`, where there is such a flag. */
export function stateMeant(word: string, flags: Flags): string | undefined {
  const state = Object.hasOwn(flags, "state") ? flags.state!.meaning?.(word) : undefined;
  return state === undefined ? undefined : `--state ${state}`;
}

function takes(flags: Flags, name: string, word: string): boolean {
  if (!Object.hasOwn(flags, name)) return false;
  try {
    flags[name]!.parse(word);
    return true;
  } catch {
    return false;
  }
}
