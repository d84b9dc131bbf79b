/**
 * @module
 * Text for people in lines of at most so many columns, broken at blanks alone. Pure.
 */

/**
 * The lines of a text that has no longer ones, but for words that are. A line break in it stays one where a sentence ends;
 * elsewhere it is a blank, since it only kept the text readable where it was written.
 */
export function wrapped(text: string, columns: number): string[] {
  return text.split(/(?<=\.)\n/).flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(/[ \n]/)) {
      if (line === "") line = word;
      else if (line.length + 1 + word.length <= columns) line += ` ${word}`;
      else {
        lines.push(line);
        line = word;
      }
    }
    return [...lines, line];
  });
}

/** What is longer has its text below. */
const WIDEST = 36;
/** Text has so much room at least. */
const NARROWEST = 24;

/** Things and what they are, beside each other; below, what is too long for that. Things are never broken: people copy them. */
export function wrappedRows(
  pairs: readonly (readonly [thing: string, text: string])[],
  columns: number,
): string[] {
  const width = Math.min(WIDEST, Math.max(...pairs.map(([thing]) => thing.length)));
  const left = columns - width - 4 >= NARROWEST ? width + 4 : 6;
  return pairs.flatMap(([thing, text]) => {
    const whole = `  ${thing.padEnd(width)}  ${text}`;
    if (whole.length <= columns) return [whole];
    const lines = wrapped(text, Math.max(columns - left, NARROWEST));
    const beside = `  ${thing.padEnd(width)}  `;
    const [first = "", ...rest] = lines;
    return beside.length === left
      ? [`${beside}${first}`, ...rest.map((line) => " ".repeat(left) + line)]
      : [`  ${thing}`, ...lines.map((line) => " ".repeat(left) + line)];
  });
}
