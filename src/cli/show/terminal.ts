/**
 * @module
 * What may be shown on a terminal, and how wide it is there. Pure.
 */

/** What is seen, and nothing else; most texts are. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * A pattern that is made when it is first needed, and then kept. A literal is checked when its file is loaded, which
 * for classes of Unicode takes longer than all else on this page, in every command.
 */
function onceNeeded(make: () => RegExp): () => RegExp {
  let made: RegExp | undefined;
  return () => made ??= make();
}

/**
 * Characters that would do something to a terminal rather than be seen, or are not seen: controls, marks that turn the
 * direction of text, what has no width, tags, blanks that are no space, halves of surrogate pairs. What joins the parts
 * of an emoji stays. `web/format.js` has the same for pages.
 */
const unseen = onceNeeded(() => {
  const joins = String.raw`(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])[\u200d\ufe0f]`;
  const others = String.raw`[\p{Cc}\p{Cf}\p{Z}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]`;
  return new RegExp(String.raw`${joins}|(?![\u200d\ufe0f \u3000])${others}`, "gu");
});

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e" };

/**
 * The text with everything that a terminal would obey, and all that nobody would see, written out: `\n`, `\e`, `\x07`,
 * `\u202e`. A JSON document stays one.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(unseen(), (char) => SHORT[char] ?? char.split("").map(escape).join(""));
}

function escape(unit: string): string {
  const code = unit.charCodeAt(0).toString(16);
  return unit < "\x20" ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
}

const wide = onceNeeded(() => {
  const low = String
    .raw`\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6`;
  const high = String.raw`\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}`;
  return new RegExp(String.raw`[${low}${high}]|\p{Emoji_Presentation}`, "u");
});
const narrowless = onceNeeded(() => new RegExp(String.raw`\p{Mn}|\p{Me}|\u200b|\u200d`, "u"));
/** Makes a sign an emoji, which is wider; after what is wide already it counts too much, and never too little. */
const AS_EMOJI = "\ufe0f";

/**
 * How many columns of a terminal a text takes, at most: a terminal that puts the parts of an emoji together needs fewer.
 */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const char of text) {
    if (char === AS_EMOJI) width += 1;
    else width += narrowless().test(char) ? 0 : wide().test(char) ? 2 : 1;
  }
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
  // half of an emoji does not wait for the other half
  return `${cut.replace(/\u200d+$/, "")}…`;
}
