/**
 * @module
 * What `--help` prints, from the definitions of commands and groups.
 */
import { type CommandDefinition, GLOBAL_FLAGS, type GroupDefinition, type Target } from "./command.ts";
import { type Flag, flagName, type Flags } from "./flags.ts";
import { sectionsOf } from "./sections.ts";
import { shortFlag } from "./short_flags.ts";
import { wrapped, wrappedRows } from "./wrap.ts";

/** Where help is shown: the words that led there (`queuectl` first), and how many columns there are for it. */
export interface HelpAt {
  path: readonly string[];
  columns: number;
}

/** What is said in more characters than this comes last: who looks for a flag is not to read it first. */
const MOST_BEFORE = 1000;

/** Help for a command or a group. */
export function helpFor({ definition }: Target, at: HelpAt): string {
  const what = "routes" in definition ? groupHelp(definition, at) : commandHelp(definition, at);
  const { description = "" } = definition;
  const about = description === "" ? [] : wrapped(description, at.columns);
  const isLong = description.length > MOST_BEFORE;
  return [
    ...wrapped(definition.brief + ".", at.columns),
    ...(isLong ? [] : about),
    "",
    ...what,
    "",
    "Examples",
    ...wrappedRows(definition.examples.map(([words, brief]) => [`queuectl ${words}`, brief]), at.columns),
    ...(isLong ? ["", "Details", ...about] : []),
  ].join("\n");
}

function groupHelp({ routes, aliases = {} }: GroupDefinition, { path, columns }: HelpAt): string[] {
  const commands = Object.entries(routes).map(([name, { definition }]): [string, string] => {
    const others = Object.keys(aliases).filter((alias) => aliases[alias] === name);
    return [[name, ...others].join(", "), definition.brief];
  });
  return [
    `Usage: ${path.join(" ")} COMMAND …`,
    "",
    "Commands",
    ...wrappedRows(commands, columns),
    "",
    "Every command",
    ...flagRows({}, columns),
  ];
}

function commandHelp({ flags = {}, words }: CommandDefinition, { path, columns }: HelpAt): string[] {
  const takes = words === undefined ? "" : ` ${usageOf(words)}`;
  return [
    `Usage: ${path.join(" ")}${takes}${Object.keys(flags).length > 0 ? " [FLAGS]" : ""}`,
    ...(words === undefined ? [] : ["", ...wrappedRows([[words.placeholder, words.brief]], columns)]),
    ...flagSections(flags, columns),
  ];
}

function flagSections(flags: Flags, columns: number): string[] {
  const sections = sectionsOf(flags);
  if (sections.length === 1) return ["", "Flags", ...flagRows(flags, columns)];
  const lines = sections.flatMap(([title, some]) => ["", title, ...rowsOf(described(some), columns)]);
  return [...lines, "", "Every command", ...flagRows({}, columns)];
}

/** The words a command takes, as its usage shows them: `ID…`, `[ID…]`. */
export function usageOf(
  { placeholder, min = 0, max = Infinity }: NonNullable<CommandDefinition["words"]>,
): string {
  const many = max > 1 ? `${placeholder}…` : placeholder;
  return min > 0 ? many : `[${many}]`;
}

function flagRows(flags: Flags, columns: number): string[] {
  const help: Described = { short: shortFlag("help"), long: "--help", value: "", brief: "print this" };
  return rowsOf([...described({ ...flags, ...GLOBAL_FLAGS }), help], columns);
}

function rowsOf(flags: readonly Described[], columns: number): string[] {
  return wrappedRows(
    flags.map(({ short, long, value, brief }) => [
      `${short ? `${short},` : "   "} ${long}${value && ` ${value}`}`,
      brief,
    ]),
    columns,
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
