/**
 * @module
 * What can be typed where on the command line: the command tree, laid flat for the completion scripts. Pure.
 */
import {
  type CommandDefinition,
  GLOBAL_FLAGS,
  type GroupDefinition,
  type Target,
} from "../../line/command.ts";
import { flagName } from "../../line/flags.ts";
import { shortFlag } from "../../line/short_flags.ts";
import { kindOfValue, kindOfWords } from "./kinds.ts";

/** A place on the command line: after the words of a group or a command. */
export interface Place {
  /** The words before it, each after a blank: `""`, `" dlq"`, `" dlq list"`. */
  at: string;
  words: Described[];
  /** The flags that may be typed here. */
  flags: PlaceFlag[];
  /** Names of files may be typed here, too. */
  files: boolean;
  /** What the store is asked for, where it knows words for here. */
  kind?: string | undefined;
}

/** A flag, by its long name. */
export interface PlaceFlag extends Described {
  /** `-n`, where it has a letter. */
  short: string | undefined;
  value: Value | null;
}

/** A word and what it is about. */
export interface Described {
  word: string;
  brief: string;
}

/** What the value of a flag may be; without choices anything may. */
export interface Value {
  choices: readonly string[];
  /** What the store is asked for, where it knows values. */
  kind?: string | undefined;
}

const HELP_FLAG: PlaceFlag = { word: "--help", short: shortFlag("help"), brief: "print help", value: null };

export function placesIn(root: Target): Place[] {
  return [...placesFrom(root, "")];
}

function* placesFrom({ definition }: Target, at: string): Generator<Place> {
  if (!("routes" in definition)) return yield commandPlace(definition, at);
  const routes = namesOf(definition);
  yield {
    at,
    words: routes.map(([word, target]) => ({ word, brief: target.definition.brief })),
    flags: [HELP_FLAG],
    files: false,
  };
  for (const [word, target] of routes) yield* placesFrom(target, `${at} ${word}`);
}

function namesOf({ routes, aliases = {} }: GroupDefinition): [string, Target][] {
  const others = Object.entries(aliases).map(([alias, name]): [string, Target] => [alias, routes[name]!]);
  return [...Object.entries(routes), ...others];
}

function commandPlace({ words, flags = {} }: CommandDefinition, at: string): Place {
  const known = Object.entries({ ...flags, ...GLOBAL_FLAGS }).map((
    [name, { kind, brief, choices = [], placeholder }],
  ) => ({
    word: `--${flagName(name)}`,
    short: shortFlag(name),
    brief,
    value: kind === "toggle" ? null : { choices, kind: kindOfValue(placeholder) },
  }));
  return {
    at,
    words: (words?.choices ?? []).map((word) => ({ word, brief: words!.brief })),
    flags: [...known, HELP_FLAG],
    files: words?.placeholder === "FILE",
    kind: kindOfWords(at, words?.placeholder),
  };
}

/** All that can be typed at a place: its words, and its flags by each of their names. */
export function wordsAt({ words, flags }: Place): Described[] {
  return [...words, ...flags.flatMap((flag) => namesOfFlag(flag).map((word) => ({ ...flag, word })))];
}

function namesOfFlag({ word, short }: PlaceFlag): string[] {
  return short === undefined ? [word] : [word, short];
}

/** Flags that take a value, with the place before them: `" list --state"`, `" list -s"`. */
export interface ValuePlace extends Value {
  after: string;
}

/** All of those: with choices, with values that the store knows, and with any. */
export function valuePlaces(
  places: readonly Place[],
): { chosen: ValuePlace[]; asked: [kind: string, after: string[]][]; free: ValuePlace[] } {
  const all = places.flatMap(({ at, flags }) =>
    flags.flatMap((flag): ValuePlace[] =>
      flag.value === null ? [] : namesOfFlag(flag).map((word) => ({ after: `${at} ${word}`, ...flag.value! }))
    )
  );
  const chosen = all.filter(({ choices }) => choices.length > 0);
  const others = all.filter(({ choices }) => choices.length === 0);
  const free = others.filter(({ kind }) => kind === undefined);
  return { chosen, asked: byKind(others.map(({ kind, after }) => ({ kind, at: after }))), free };
}

/** The places where the store is asked for words, by what it is asked for. */
export function byKind(places: readonly Pick<Place, "kind" | "at">[]): [kind: string, at: string[]][] {
  const asked = places.filter(({ kind }) => kind !== undefined);
  return [...Map.groupBy(asked, ({ kind }) => kind!)].map((
    [kind, group],
  ) => [kind, group.map(({ at }) => at)]);
}

/** The text between single quotes of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
