/**
 * @module
 * What `--help` prints, from the definitions of commands and groups.
 */
import { type CommandDefinition, GLOBAL_FLAGS, type GroupDefinition, type Target } from "./command.ts";
import { type Flag, flagName, type Flags } from "./flags.ts";
import { shortFlag } from "./short_flags.ts";

/** Help for a command or a group, reached by the words in `path` (`queuectl` first). */
export function helpFor({ definition }: Target, path: readonly string[]): string {
  const what = "routes" in definition ? groupHelp(definition, path) : commandHelp(definition, path);
  return [
    definition.brief + ".",
    ...(definition.description ? [definition.description] : []),
    "",
    ...what,
    "",
    "Examples",
    ...rows(definition.examples.map(([words, brief]) => [`queuectl ${words}`, brief])),
  ].join("\n");
}

function groupHelp({ routes, aliases = {} }: GroupDefinition, path: readonly string[]): string[] {
  const commands = Object.entries(routes).map(([name, { definition }]): [string, string] => {
    const others = Object.keys(aliases).filter((alias) => aliases[alias] === name);
    return [[name, ...others].join(", "), definition.brief];
  });
  return [
    `Usage: ${path.join(" ")} COMMAND …`,
    "",
    "Commands",
    ...rows(commands),
    "",
    "Every command",
    ...flagRows({}),
  ];
}

function commandHelp({ flags = {}, words }: CommandDefinition, path: readonly string[]): string[] {
  const takes = words === undefined ? "" : ` ${usageOf(words)}`;
  return [
    `Usage: ${path.join(" ")}${takes}${Object.keys(flags).length > 0 ? " [FLAGS]" : ""}`,
    ...(words === undefined ? [] : ["", ...rows([[words.placeholder, words.brief]])]),
    "",
    "Flags",
    ...flagRows(flags),
  ];
}

/** The words a command takes, as its usage shows them: `ID…`, `[ID…]`. */
export function usageOf(
  { placeholder, min = 0, max = Infinity }: NonNullable<CommandDefinition["words"]>,
): string {
  const many = max > 1 ? `${placeholder}…` : placeholder;
  return min > 0 ? many : `[${many}]`;
}

function flagRows(flags: Flags): string[] {
  const help: Described = { short: shortFlag("help"), long: "--help", value: "", brief: "print this" };
  return rows(
    [...described({ ...flags, ...GLOBAL_FLAGS }), help].map(({ short, long, value, brief }) => [
      `${short ? `${short},` : "   "} ${long}${value && ` ${value}`}`,
      brief,
    ]),
  );
}

/** A flag as it is typed, and what it does. */
export interface Described {
  /** `-n`, where it has a letter. */
  short: string | undefined;
  long: string;
  /** What stands for its value; empty without one. */
  value: string;
  brief: string;
}

export function described(flags: Flags): Described[] {
  return Object.entries(flags).map(([name, flag]) => ({
    short: shortFlag(name),
    long: `--${flagName(name)}`,
    value: flag.placeholder ?? "",
    brief: flag.brief + chosenFrom(flag),
  }));
}

function chosenFrom(flag: Flag<unknown>): string {
  return flag.choices && flag.choices.length > 3 ? `: ${flag.choices.join(", ")}` : "";
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(36, Math.max(...pairs.map(([left]) => left.length)));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
