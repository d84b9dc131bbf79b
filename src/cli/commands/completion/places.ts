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

/** A place on the command line: after the words of a group or a command. */
export interface Place {
  /** The words before it, each after a blank: `""`, `" dlq"`, `" dlq list"`. */
  at: string;
  words: Described[];
  /** The flags that may be typed here. */
  flags: PlaceFlag[];
  /** Names of files may be typed here, too. */
  files: boolean;
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
    [name, { kind, brief, choices = [] }],
  ) => ({
    word: `--${flagName(name)}`,
    short: shortFlag(name),
    brief,
    value: kind === "toggle" ? null : { choices },
  }));
  return {
    at,
    words: (words?.choices ?? []).map((word) => ({ word, brief: words!.brief })),
    flags: [...known, HELP_FLAG],
    files: words?.placeholder === "FILE",
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
export function valuePlaces(places: readonly Place[]): { after: string; choices: readonly string[] }[] {
  return places.flatMap(({ at, flags }) =>
    flags.flatMap((flag) =>
      flag.value === null
        ? []
        : namesOfFlag(flag).map((word) => ({ after: `${at} ${word}`, choices: flag.value!.choices }))
    )
  );
}

/** The text between single quotes of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
