/** Terminal colours (ECMA-48 SGR) in text, as pieces with class names; everything else of the kind is left out. */

// deno-lint-ignore no-control-regex -- escape sequences begin with a control character
const SEQUENCE = /\x1b(?:\[([0-9;:]*)([A-Za-z])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const PLAIN = { colour: null, bold: false, faint: false, underline: false };

/** Pieces of `{ text, classes }`. */
export function pieces(text) {
  const found = [];
  let style = PLAIN;
  let at = 0;
  const add = (end) => {
    // A carriage return writes over the line; what stands last is what is seen.
    const seen = text.slice(at, end).replaceAll("\r\n", "\n").replaceAll(/[^\n\r]*\r(?!\n|$)/g, "");
    if (seen !== "") found.push({ text: seen, classes: classesOf(style) });
  };
  for (const match of text.matchAll(SEQUENCE)) {
    add(match.index);
    at = match.index + match[0].length;
    if (match[2] === "m") style = applied(style, match[1]);
  }
  add(text.length);
  return found;
}

function applied(style, codes) {
  const next = { ...style };
  const list = codes.split(/[;:]/).map(Number);
  for (let i = 0; i < list.length; i++) {
    const code = list[i];
    if (code === 0) Object.assign(next, PLAIN);
    else if (code === 1) next.bold = true;
    else if (code === 2) next.faint = true;
    else if (code === 4) next.underline = true;
    else if (code === 22) next.bold = next.faint = false;
    else if (code === 24) next.underline = false;
    else if (code >= 30 && code <= 37) next.colour = COLOURS[code - 30];
    else if (code >= 90 && code <= 97) next.colour = COLOURS[code - 90];
    else if (code === 39) next.colour = null;
    else if (code === 38 || code === 48) i += list[i + 1] === 5 ? 2 : 4;
  }
  return next;
}

function classesOf({ colour, bold, faint, underline }) {
  return [
    ...(colour ? [`ansi-${colour}`] : []),
    ...(bold ? ["ansi-bold"] : []),
    ...(faint ? ["ansi-faint"] : []),
    ...(underline ? ["ansi-underline"] : []),
  ].join(" ");
}
