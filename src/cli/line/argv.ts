/**
 * @module
 * What stands on the command line, before any command looks at it: the flags that every command takes and that
 * may stand anywhere, and other spellings made one. Pure.
 */
import { BadInput } from "../../domain/errors.ts";

export interface Argv {
  /** The command's own words and flags, with `--` and what follows it. */
  words: string[];
  /** What follows `--`, to be taken as it is; undefined without one. */
  literal: readonly string[] | undefined;
  /** Of `--home DIR`. */
  home: string | undefined;
  /** Of `--store ADDRESS`. */
  store: string | undefined;
  /** `--json` was given. */
  json: boolean;
  /** `--quiet` was given. */
  quiet: boolean;
}

/** Whether `--json` was given: how an error in the rest of the command line is to be printed. */
export function asksForJson(args: readonly string[]): boolean {
  return beforeDashes(args).includes("--json");
}

/**
 * Reads a command line: takes out `--home DIR`, `--store ADDRESS`, `--json` and `--quiet`, wherever they stand before `--`, and turns
 * `--max_retries` into `--max-retries`, `help X` into `X --help` and `--version` into `version`.
 * @throws {BadInput} for `--home` without a directory, `--store` without an address, either of them twice, and for what
 * is not UTF-8
 */
export function readArgv(args: readonly string[]): Argv {
  args.forEach(requireText);
  const own = beforeDashes(args);
  const rest = args.slice(own.length);
  const read: Argv = {
    words: [],
    literal: rest.length > 0 ? rest.slice(1) : undefined,
    home: undefined,
    store: undefined,
    json: false,
    quiet: false,
  };
  for (let i = 0; i < own.length; i++) {
    const [flag, value] = splitFlag(own[i]!);
    if ((flag === "--json" || flag === "--quiet") && value !== undefined) {
      throw new BadInput(`Cannot use ${own[i]}: the flag takes no value`);
    }
    if (flag === "--json") read.json = true;
    else if (flag === "--quiet") read.quiet = true;
    else if (flag === "--home" || flag === "--store") {
      const name = flag === "--home" ? "home" : "store";
      if (read[name] !== undefined) {
        throw new BadInput(`Cannot use ${flag} twice: it says where everything is`);
      }
      const given = value ?? own[++i];
      read[name] = name === "home" ? directory(given) : address(given);
    } // The scanner does not see `--flag=` with an empty value, or one of several lines, as a flag: two words, then.
    else if (value === "" || value?.includes("\n")) read.words.push(flag, value);
    else read.words.push(value === undefined ? flag : `${flag}=${value}`);
  }
  read.words = familiar([...read.words, ...rest]);
  return read;
}

/**
 * The runtime puts U+FFFD in the place of bytes that are not UTF-8, so that one file's name becomes another's. Whether
 * somebody typed the character itself, nobody can tell.
 */
function requireText(arg: string): void {
  if (!arg.includes("\ufffd")) return;
  const itself = "where U+FFFD itself is meant, say it in JSON, as \\ufffd";
  throw new BadInput(`Cannot use the argument "${arg}": it is not UTF-8; ${itself}`);
}

/** What people type first with a program they do not know yet: `help worker start`, `--version`. */
function familiar(words: string[]): string[] {
  const [first, ...others] = words;
  if (first === "help") return [...others, "--help"];
  return first === "--version" || first === "-V" ? ["version", ...others] : words;
}

function beforeDashes(args: readonly string[]): readonly string[] {
  const dashes = args.indexOf("--");
  return dashes < 0 ? args : args.slice(0, dashes);
}

function splitFlag(word: string): [flag: string, value?: string] {
  const match = /^(--[a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(word);
  return match ? [match[1]!.replaceAll("_", "-"), match[2]] : [word];
}

function directory(value: string | undefined): string {
  if (value) return value;
  throw new BadInput("Cannot use --home without a directory: give --home DIR");
}

function address(value: string | undefined): string {
  if (value) return value;
  throw new BadInput("Cannot use --store without an address: give --store ADDRESS, or --store local");
}
