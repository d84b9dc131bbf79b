/**
 * @module
 * One letter for a flag: which letter stands for which, the same in every command, and how it is spelled out before
 * anybody reads the line. So nobody else knows of letters but those who list them. Pure.
 */
import { BadInput } from "../../domain/errors.ts";
import type { CommandDefinition, Target } from "./command.ts";
import { flagName } from "./flags.ts";
import { walk } from "./scan.ts";

/** The letters of flags by their names in code. No command has two flags with one letter. */
export const LETTERS: Readonly<Record<string, string>> = {
  limit: "n",
  lines: "n",
  follow: "f",
  queue: "q",
  priority: "p",
  delay: "d",
  timeout: "t",
  label: "l",
  cwd: "C",
  env: "e",
  count: "c",
  state: "s",
  all: "a",
  yes: "y",
  null: "0",
  mark: "I",
  help: "h",
};

/** The flags that letters of other programs may mean, by their names in code. */
const OTHER_LETTERS: Readonly<Record<string, readonly string[]>> = {
  ...{ j: ["count", "concurrency"], P: ["count", "concurrency"], n: ["count"] },
  ...{ w: ["watch", "wait", "cwd"], g: ["queue"], i: ["id"], N: ["id", "label"], D: ["after"], a: ["after"] },
  ...{ d: ["detach"], l: ["lines"], f: ["force"], F: ["file"], p: ["port"], r: ["maxRetries"] },
};

/** `-n`, or undefined for a flag without a letter. */
export function shortFlag(name: string): string | undefined {
  return Object.hasOwn(LETTERS, name) ? `-${LETTERS[name]}` : undefined;
}

/** A dash and a letter, or `-0`; any other number is no flag. */
const SHORT = /^-[a-z0]/i;

/**
 * The line with every `-q mail`, `-qmail` and `-q=mail` as `--queue=mail`, and `-fn3` as `--follow --lines=3`. What
 * follows `--`, and what is the value of another flag, stays as it is.
 * @throws {BadInput} for a letter that the command does not know, or without its value; and after a word that may be
 * the first of a shell's command, which the letter may belong to: `enqueue ls -la`
 */
export function spelledOut(root: Target, typed: readonly string[]): string[] {
  const { definition, rest } = walk(root, typed);
  if ("routes" in definition) return [...typed];
  return [...typed.slice(0, typed.length - rest.length), ...spelledFor(definition, rest)];
}

function spelledFor(command: CommandDefinition, typed: readonly string[]): string[] {
  const { flags = {}, advice, ownWords = 0 } = command;
  const byName = new Map(Object.entries(flags).map(([name, { kind }]) => [`--${flagName(name)}`, kind]));
  const byLetter = new Map(
    ["help", ...Object.keys(flags)].flatMap((name) =>
      Object.hasOwn(LETTERS, name) ? [[LETTERS[name]!, `--${flagName(name)}`]] : []
    ) as [string, string][],
  );
  const spelled: string[] = [];
  /** A word that may be the first of a command, whose flags would follow. */
  let lone = false;
  let words = 0;
  for (let i = 0; i < typed.length; i++) {
    const word = typed[i]!;
    if (word === "--") return [...spelled, ...typed.slice(i)];
    if (!SHORT.test(word) || advice !== undefined && isCommand(word, byLetter)) {
      spelled.push(word);
      if (!word.startsWith("-")) {
        words += 1;
        lone ||= words > ownWords && !/\s/.test(word);
      }
      const takesNext = (byName.get(word) ?? "toggle") !== "toggle" && i + 1 < typed.length;
      if (takesNext) spelled.push(typed[++i]!);
      continue;
    }
    if (lone && advice !== undefined) {
      throw new BadInput(`Cannot tell whose flag ${word} is: put it before the command, or ${advice}`);
    }
    for (let rest = word.slice(1); rest !== "";) {
      const letter = rest[0]!;
      const flag = byLetter.get(letter);
      if (flag === undefined) throw unknownLetter(letter, { word, names: Object.keys(flags) });
      rest = rest.slice(1);
      if ((byName.get(flag) ?? "toggle") === "toggle") {
        if (rest.startsWith("=")) {
          throw new BadInput(`Cannot use ${word}: -${letter} (${flag}) takes no value`);
        }
        spelled.push(flag);
        continue;
      }
      const value = rest === "" ? typed[++i] : rest.replace(/^=/, "");
      if (value === undefined) throw new BadInput(`Missing value for -${letter} (${flag})`);
      spelled.push(...withValue(flag, value));
      rest = "";
    }
  }
  return spelled;
}

/** No reader of the line takes `--flag=` with an empty value, or one of several lines, for a flag with a value. */
function withValue(flag: string, value: string): string[] {
  return value === "" || value.includes("\n") ? [flag, value] : [`${flag}=${value}`];
}

/** A whole command that begins with a dash, in quotes: it is no flag of ours, and others say what to do with it. */
function isCommand(word: string, letters: ReadonlyMap<string, string>): boolean {
  return /\s/.test(word) && !letters.has(word[1]!);
}

/** `names` are those of the flags that the command has. */
function unknownLetter(
  letter: string,
  { word, names }: { word: string; names: readonly string[] },
): BadInput {
  const within = word.length > 2 ? ` in ${word}` : "";
  const meant = names
    .filter((name) =>
      LETTERS[name]?.toLowerCase() === letter.toLowerCase() || OTHER_LETTERS[letter]?.includes(name)
    )
    .map((name) => [shortFlag(name), `--${flagName(name)}`].filter((one) => one !== undefined).join(" or "));
  const orHelp = meant.length === 0
    ? "; --help shows what it takes"
    : `, did you mean ${meant.join(", or ")}?`;
  return new BadInput(`Unknown flag -${letter}${within}${orHelp}`);
}
