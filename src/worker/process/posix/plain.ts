/**
 * @module
 * Whether a command is so plain that its own shell is certain to see its end. Pure.
 *
 * A shell leaves its exit code in the spool by a trap. That fails where the command replaces the shell (`exec`) or
 * the trap, in its own text or in text it has read or put together. This looks for the possibility, not for the
 * fact: to take a plain command for another costs less than a millisecond; the other way round, a result could be missed.
 */

/** Anything the shell would expand may become a word of its language. */
const EXPANDED = /[$`\\]/;
/** Words that replace the shell or its traps, or read further text. Parts of words count as well. */
const DANGEROUS = /exec|trap|eval|source/;
/** The command `.`, which reads further text. */
const DOT = /(?:^|[\s;&|(){}!])\.(?:\s|$)/;

/** Whether nothing in the command can keep its shell from running its EXIT trap, short of a signal. */
export function isPlain(command: string): boolean {
  // `e"xe"c` is `exec`
  const unquoted = command.replace(/["']/g, "");
  return !EXPANDED.test(unquoted) && !DANGEROUS.test(unquoted) && !DOT.test(unquoted);
}
