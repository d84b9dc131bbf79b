/**
 * @module
 * What can be told of a command from its text: whether its own shell is certain to see its end, and whether it may
 * leave something in the background, or is certain not to. Pure.
 *
 * A shell leaves its exit code in the spool by a trap. That fails where the command replaces the shell (`exec`) or
 * the trap, in its own text or in text it has read or put together. This looks for the possibility, not for the
 * fact: to take a plain command for another costs less than a millisecond; the other way round, a result could be missed.
 */

/** Anything the shell would expand may become a word of its language. */
const EXPANDED = /[$`\\]/;
/**
 * Words that replace the shell or its traps, or read further text, parts of words included; and those that show that
 * the shell is the fork of one that runs others.
 */
const DANGEROUS = /exec|trap|eval|source|\b(?:set|break|continue|return|local|alias|jobs|wait|times|hash)\b/;
/** The command `.`, which reads further text. */
const DOT = /(?:^|[\s;&|(){}!])\.(?:\s|$)/;

/** Whether nothing in the command can keep its shell from running its EXIT trap, short of a signal. */
export function isPlain(command: string): boolean {
  // `e"xe"c` is `exec`
  const unquoted = command.replace(/["']/g, "");
  return !EXPANDED.test(unquoted) && !DANGEROUS.test(unquoted) && !DOT.test(unquoted);
}

/** An `&` that is not part of `&&`, `>&` or `<&`. */
const BACKGROUND = /(?<![&<>])&(?!&)/;
/** Signals may mean a process group. */
const SIGNALS = /kill/;

/**
 * Whether a command's text says neither that it puts something into the background, which would go on in the process
 * group of its shell, nor that it signals others.
 */
export function keepsToItself(command: string): boolean {
  return !BACKGROUND.test(command) && !SIGNALS.test(command);
}

/** Commands that put nothing into the background, whatever their arguments. */
const LEAVES_NOTHING = /^(?:true|false|:|echo|printf|exit|test|\[|sleep|cat|ls|pwd|date|wc)(?:\s|$)/;

/** Whether nothing in a plain command can leave anything in the background, for which it need not be looked then. */
export function leavesNothing(command: string): boolean {
  return command.split(/[;|&\n]+/).every((part) => LEAVES_NOTHING.test(part.trim()));
}
