/**
 * @module
 * The kinds of flags a command can have. A parser throws `BadInput` with what it takes (`it takes …`); the name
 * of the flag and the value given are put before that.
 */
import { formatDuration, parseDuration } from "../../domain/duration.ts";
import { BadInput } from "../../domain/errors.ts";
import { nearest } from "../../domain/nearest.ts";
import { LONGEST_MS } from "../../domain/settings.ts";

/** A flag whose value a command gets as `T`. */
export interface Flag<T> {
  /** On when given, with a value, or with a value each time it is given. */
  kind: "toggle" | "value" | "values";
  brief: string;
  /** What stands for the value in help: `SECONDS`. */
  placeholder?: string;
  /** The words it takes, for help and completion. */
  choices?: readonly string[];
  /** Which of them a word is another word for, or is itself. */
  meaning?(word: string): string | undefined;
  /** The value that was typed; of `values`, one of them. @throws {BadInput} with what it takes */
  parse(text: string): T | ScalarOf<T>;
}

/** What a list is a list of. */
export type ScalarOf<T> = T extends readonly (infer One)[] ? One : never;

/** The flags of a command by their names in code: `maxRetries` is `--max-retries`. */
// deno-lint-ignore no-explicit-any -- each flag has a type of its own
export type Flags = Readonly<Record<string, Flag<any>>>;

/** What a command gets for its flags. */
export type FlagValues<F extends Flags> = { [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** The name of a flag as it is typed: `maxRetries` is `max-retries`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function toggle(brief: string): Flag<boolean> {
  return { kind: "toggle", brief, parse: () => true };
}

export function text(placeholder: string, brief: string): Flag<string | undefined> {
  return { kind: "value", brief, placeholder, parse: String };
}

/** Takes text, and may be given several times. */
export function texts(placeholder: string, brief: string): Flag<string[] | undefined> {
  return { kind: "values", brief, placeholder, parse: String };
}

/** The same flag, but not with a value that is empty: of a filter that would be everything. */
export function filled<T>(flag: Flag<T>): Flag<T> {
  return {
    ...flag,
    parse(text) {
      if (text === "") throw new BadInput("it takes text that is not empty");
      return flag.parse(text);
    },
  };
}

/** Takes one of several words. `meant` are other words for them, which are not taken, only understood. */
export function choice<T extends string>(
  choices: readonly T[],
  brief: string,
  meant: Readonly<Record<string, T>> = {},
): Flag<T | undefined> {
  const meaning = (text: string) => {
    const word = text.toLowerCase();
    return Object.hasOwn(meant, word) ? meant[word] : choices.find((one) => one === word);
  };
  return {
    kind: "value",
    brief,
    placeholder: choices.length > 3 ? "NAME" : choices.join("|"),
    choices,
    meaning,
    parse(text) {
      const found = choices.find((one) => one === text);
      if (found !== undefined) return found;
      const near = meaning(text) ?? nearest(text.toLowerCase(), choices);
      throw new BadInput(`it takes ${listOf(choices)}${near ? `; did you mean ${near}?` : ""}`);
    },
  };
}

/** The same, once or more often, each time with one of the words or several between commas: see `chosen`. */
export function choices<T extends string>(...said: Parameters<typeof choice<T>>): Flag<string[] | undefined> {
  const one = choice(...said);
  return {
    ...{ kind: "values", brief: one.brief, placeholder: one.placeholder! },
    ...{ choices: one.choices, meaning: one.meaning },
    parse(text) {
      for (const word of text.split(",")) one.parse(word.trim());
      return text;
    },
  };
}

/** What was given to a flag of `choices`, each once. */
export function chosen<T extends string>(given: readonly string[]): T[] {
  return [...new Set(given.flatMap((words) => words.split(",")).map((word) => word.trim() as T))];
}

/** Takes a whole number within a range. */
export function count(range: { min: number; max: number }, brief: string): Flag<number | undefined> {
  return {
    kind: "value",
    brief,
    placeholder: "N",
    parse(text) {
      const number = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : NaN;
      if (number >= range.min && number <= range.max) return number;
      throw new BadInput(`it takes a whole number from ${range.min} to ${range.max}`);
    },
  };
}

/** Takes a duration and gives it in ms. */
export function duration(brief: string): Flag<number | undefined> {
  return {
    kind: "value",
    brief,
    placeholder: "DURATION",
    parse(text) {
      const ms = parseDuration(text);
      if (ms === undefined || ms > LONGEST_MS) {
        const longest = formatDuration(LONGEST_MS);
        throw new BadInput(`it takes a duration up to ${longest} (seconds, or 90s, 10m, 1h30m, 2d)`);
      }
      return ms;
    },
  };
}

/** `a, b or c` */
export function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
