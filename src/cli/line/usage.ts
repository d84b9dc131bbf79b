/**
 * @module
 * What the command line library found wrong with a command line, in our sentences.
 */
import { BadInput, UserError } from "../../domain/errors.ts";
import {
  AliasNotFoundError,
  ArgumentParseError,
  FlagNotFoundError,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from "./stricli.ts";

/** The sentence for a name that is no command. */
export function unknownCommand(input: string, suggestions: readonly string[]): BadInput {
  return new BadInput(`Unknown command "${input}"${didYouMean(suggestions)}`);
}

/** The sentence for words and flags that a command does not take. */
export function usageProblem(error: unknown, advice: string | undefined): unknown {
  const orAdvice = advice === undefined ? "; --help shows what it takes" : `: ${advice}`;
  if (error instanceof FlagNotFoundError) {
    const suggestion = didYouMean(error.corrections.map((flag) => `--${flag}`));
    return new BadInput(`Unknown flag --${error.input}${suggestion || orAdvice}`);
  }
  if (error instanceof AliasNotFoundError) return new BadInput(`Unknown flag -${error.input}${orAdvice}`);
  if (error instanceof UnexpectedPositionalError) {
    return new BadInput(`Unexpected word "${error.input}"${orAdvice}`);
  }
  if (error instanceof UnsatisfiedPositionalError) {
    return new BadInput(`Missing ${error.placeholder}${orAdvice}`);
  }
  if (error instanceof UnsatisfiedFlagError) {
    return new BadInput(`Missing value for --${error.externalFlagName}`);
  }
  if (error instanceof UnexpectedFlagError) {
    return new BadInput(
      `Cannot use --${error.externalFlagName} "${error.input}": the flag was already given`,
    );
  }
  if (error instanceof ArgumentParseError && error.exception instanceof UserError) {
    const { externalFlagNameOrPlaceholder: flag, input, exception } = error;
    return new BadInput(`Cannot use --${flag} "${input}": ${exception.message}`);
  }
  return error;
}

function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? "" : `, did you mean ${suggestions.join(" or ")}?`;
}
