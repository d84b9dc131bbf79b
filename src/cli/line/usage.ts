/**
 * @module
 * What the command line library found wrong with a command line, in our sentences.
 */
import { BadInput, UserError } from "../../domain/errors.ts";
import { type CommandDefinition, GLOBAL_FLAGS } from "./command.ts";
import { flagName, listOf } from "./flags.ts";
import { flagsMeant, whyNone } from "./flag_meant.ts";
import {
  AliasNotFoundError,
  ArgumentParseError,
  FlagNotFoundError,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from "./stricli.ts";
import { flagsForWord, stateMeant } from "./word_meant.ts";

/** The sentence for a name that is no command. */
export function unknownCommand(input: string, suggestions: readonly string[]): BadInput {
  if (input === "") return new BadInput("Cannot tell the command: it is empty; --help shows which there are");
  if (!input.startsWith("-") || suggestions.length > 0) {
    const orHelp = suggestions.length === 0 ? "; --help shows which there are" : didYouMean(suggestions);
    return new BadInput(`Unknown command "${input}"${orHelp}`);
  }
  return new BadInput(
    `Cannot tell the command: "${input}" stands where it should: flags stand after the command`,
  );
}

/** What was typed. */
export interface Typed {
  command: Partial<CommandDefinition>;
  /** After the name of the command. */
  rest: readonly string[];
}

/** The library would read a value of `--hold=no` in its own way. @throws {BadInput} */
export function refuseValuesOfToggles({ command, rest }: Typed): void {
  const toggles = Object.entries({ ...command.flags, ...GLOBAL_FLAGS })
    .flatMap(([name, { kind }]) => kind === "toggle" ? [name, flagName(name)] : []);
  const dashes = rest.indexOf("--");
  for (const word of dashes < 0 ? rest : rest.slice(0, dashes)) {
    const [, name] = /^--([^=]+)=/.exec(word) ?? [];
    if (name === undefined || name !== "help" && !toggles.includes(name)) continue;
    throw new BadInput(`Cannot use ${word}: the flag takes no value`);
  }
}

/** The sentence for words and flags that a command does not take. */
export function usageProblem(error: unknown, { command, rest }: Typed): unknown {
  const orHelp = "; --help shows what it takes";
  const { advice } = command;
  const orAdvice = advice === undefined ? orHelp : `: ${advice}`;
  if (error instanceof FlagNotFoundError) {
    const flag = `--${error.input}`;
    const flags = { ...command.flags, ...GLOBAL_FLAGS };
    const state = stateMeant(error.input, command.flags ?? {});
    const meant = didYouMean(
      state === undefined
        ? flagsMeant(error.input, Object.keys(flags).map(flagName)).map((one) => `--${one}`)
        : [state],
    );
    // what follows a word may be a part of a command that was not quoted; what does not is none
    const ofWord = advice !== undefined && followsWord(flag, { command, rest });
    if (meant === "") {
      const why = whyNone(error.input);
      return new BadInput(
        `Unknown flag ${flag}${ofWord ? orAdvice : why === undefined ? orHelp : `: ${why}`}`,
      );
    }
    return new BadInput(
      `Unknown flag ${flag}${meant}${ofWord ? ` If it is the command's own, ${advice}` : ""}`,
    );
  }
  if (error instanceof AliasNotFoundError) return new BadInput(`Unknown flag -${error.input}${orHelp}`);
  if (error instanceof UnexpectedPositionalError) {
    return new BadInput(`Unexpected word "${error.input}"${whyUnexpected(error.input, command) ?? orAdvice}`);
  }
  if (error instanceof UnsatisfiedPositionalError) {
    const { placeholder } = error;
    const andRunning = placeholder === "ID" && "follow" in (command.flags ?? {})
      ? ", queuectl status which run now"
      : "";
    const shown = Object.hasOwn(SHOWN_BY, placeholder)
      ? `: ${SHOWN_BY[placeholder]} shows which there are${andRunning}`
      : command.words?.choices !== undefined
      ? `: it takes ${listOf(command.words.choices)}`
      : orAdvice;
    return new BadInput(`Missing ${placeholder}${shown}`);
  }
  if (error instanceof UnsatisfiedFlagError) {
    return new BadInput(`Missing value for --${error.externalFlagName}`);
  }
  if (error instanceof UnexpectedFlagError) {
    const { externalFlagName: flag, input } = error;
    const isToggle = Object.entries({ ...command.flags, ...GLOBAL_FLAGS })
      .some(([name, { kind }]) => flagName(name) === flag && kind === "toggle");
    return new BadInput(`Cannot use --${flag}${isToggle ? "" : ` "${input}"`}: the flag was already given`);
  }
  if (error instanceof ArgumentParseError && error.exception instanceof UserError) {
    const { externalFlagNameOrPlaceholder: flag, input, exception } = error;
    return new BadInput(`Cannot use --${flag} "${input}": ${exception.message}`);
  }
  return error;
}

/** Which command shows what can be given for a word. */
const SHOWN_BY: Readonly<Record<string, string>> = {
  ID: "queuectl list",
  QUEUE: "queuectl queue list",
  KEY: "queuectl config list",
  W: "queuectl worker list",
  SCHEDULE: "queuectl schedule list",
};

/** What to do about a word that is too many; undefined where nobody can tell. */
function whyUnexpected(
  word: string,
  { flags = {}, words, advice }: Partial<CommandDefinition>,
): string | undefined {
  if (advice !== undefined) return undefined;
  const meant = flagsForWord(word, flags);
  if (meant.length > 0) return didYouMean(meant);
  return words?.max === 1 ? `: it takes one ${words.placeholder}` : undefined;
}

/** Whether a word of the command, one that is neither a flag nor the value of one, stands before the flag. */
function followsWord(flag: string, { command: { flags = {}, ownWords = 0 }, rest }: Typed): boolean {
  let words = 0;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i]!;
    if (word === flag || word.startsWith(`${flag}=`) || word === "--") return false;
    if (!word.startsWith("-")) {
      words += 1;
      if (words > ownWords) return true;
      continue;
    }
    const known = Object.entries(flags).find(([name]) => word === `--${flagName(name)}`);
    if (known && known[1].kind !== "toggle") i += 1;
  }
  return false;
}

function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? "" : `, did you mean ${suggestions.join(" or ")}?`;
}
