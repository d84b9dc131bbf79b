/**
 * @module
 * What may be shown on a terminal, and how wide it is there. Pure.
 */

/**
 * Characters that would do something to a terminal rather than be seen: controls, line separators, marks that
 * turn the direction of text, and halves of surrogate pairs.
 */
// deno-lint-ignore no-control-regex -- the point is to find control characters
const UNSEEN = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e" };

/**
 * The text with everything that a terminal would obey written out: `\n`, `\e`, `\x07`, `\u202e`. A JSON document
 * stays one.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (char) => {
    const code = char.charCodeAt(0).toString(16);
    return SHORT[char] ?? (char < "\x20" ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`);
  });
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NARROWLESS = /\p{Mn}|\u200b|\u200d|\ufe0f/u;

/** How many columns of a terminal a text takes, near enough. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += NARROWLESS.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}

/** The text, cut to at most `width` columns with an ellipsis where something was cut. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = "";
  let used = 0;
  for (const char of text) {
    used += widthOf(char);
    if (used > width - 1) break;
    cut += char;
  }
  return `${cut}…`;
}
