/**
 * @module
 * Words to a command that a POSIX shell splits into the same words again. Pure.
 */

/** Quotes words where they need it and joins them: `["ls", "my file"]` is `ls 'my file'`. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}

/** Words that need no quotes wherever they stand. One with `=` could be an assignment, unless it begins as a flag does. */
const SAFE = /^(?:[\w@%+:,./-]+|-[\w@%+:,./=-]+)$/;

/** Within single quotes a shell takes everything as it is; a single quote has to stand outside of them. */
function quoteWord(word: string): string {
  return SAFE.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
