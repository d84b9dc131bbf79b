/** How text of a terminal looks: the codes of "select graphic rendition" (ECMA-48 8.3.117), links, and colours. */

/** A style is one object however often it is met; plain text has none. */
export const PLAIN = null;

const NONE = {
  fg: null,
  bg: null,
  bold: false,
  faint: false,
  italic: false,
  underline: false,
  strike: false,
};
const START = Object.freeze({ ...NONE, overline: false, inverse: false, href: null });
const known = new Map();
/** Once there are so many, the next ones are no longer looked for. */
const MOST_KNOWN = 20_000;

/** A style with codes applied to it, or with another link. */
export function restyled(style, { codes, href }) {
  const next = { ...START, ...style };
  if (codes !== undefined) apply(next, codes);
  else next.href = href;
  const key = JSON.stringify(Object.values(next));
  if (key === JSON.stringify(Object.values(START))) return PLAIN;
  if (!known.has(key)) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, Object.freeze(next));
  }
  return known.get(key);
}

const ON = {
  1: "bold",
  2: "faint",
  3: "italic",
  4: "underline",
  7: "inverse",
  9: "strike",
  21: "underline",
  53: "overline",
};
const OFF = { 23: "italic", 24: "underline", 27: "inverse", 29: "strike", 55: "overline" };

function apply(style, codes) {
  const list = codes.split(";");
  for (let i = 0; i < list.length; i++) {
    const [code, ...parts] = list[i].split(":").map(Number);
    if (code === 0) Object.assign(style, START, { href: style.href });
    else if (code === 4 && parts[0] === 0) style.underline = false;
    else if (ON[code]) style[ON[code]] = true;
    else if (OFF[code]) style[OFF[code]] = false;
    else if (code === 22) style.bold = style.faint = false;
    else if (code >= 30 && code <= 37) style.fg = code - 30;
    else if (code >= 40 && code <= 47) style.bg = code - 40;
    else if (code >= 90 && code <= 97) style.fg = code - 82;
    else if (code >= 100 && code <= 107) style.bg = code - 92;
    else if (code === 39) style.fg = null;
    else if (code === 49) style.bg = null;
    else if (code === 38 || code === 48 || code === 58) {
      const given = parts.length > 0 ? parts : list.slice(i + 1, i + 5).map(Number);
      const wide = parts.length > 4; // 38:2:space:r:g:b
      const colour = given[0] === 5
        ? given[1]
        : given[0] === 2
        ? hex(given.slice(wide ? 2 : 1, wide ? 5 : 4))
        : null;
      if (parts.length === 0) i += given[0] === 5 ? 2 : given[0] === 2 ? 4 : 0;
      if (code === 38) style.fg = colour;
      else if (code === 48) style.bg = colour;
    }
  }
}

function hex(parts) {
  return `#${parts.map((part) => Math.min(255, part || 0).toString(16).padStart(2, "0")).join("")}`;
}

/** Of the panel that output is shown on, light letters on dark in both schemes: programs take that for granted. */
const [BACK, TEXT, FAINT] = ["#0f1318", "#dde3ec", "#98a2b3"];
export { BACK, FAINT, TEXT };
const SIXTEEN = [
  ...["#8a94a6", "#ff8a80", "#6fd88f", "#f0b35a", "#7eb0ff", "#d9a0f5", "#6fd0da", "#c9d1dc"],
  ...["#98a2b3", "#ffaca5", "#93e6ab", "#ffd080", "#a5c8ff", "#e8c1fb", "#9be4eb", "#ffffff"],
];
/** Black and white are what they are where they lie behind letters. */
const BEHIND = ["#000000", "#b3261e", "#1f7a3d", "#8a5a00", "#1f52b8", "#7a3fa0", "#0f6a73", "#c9d1dc"];

/** A colour of the 256 as `#rrggbb`. */
function colourOf(colour, behind) {
  if (typeof colour === "string") return colour;
  if (behind && colour < 8) return BEHIND[colour];
  if (colour < 16) return SIXTEEN[colour] ?? TEXT;
  if (colour >= 232) return hex(Array(3).fill(8 + (Math.min(colour, 255) - 232) * 10));
  const level = (n) => n === 0 ? 0 : 55 + n * 40;
  const n = colour - 16;
  return hex([level(Math.floor(n / 36)), level(Math.floor(n / 6) % 6), level(n % 6)]);
}

const looks = new WeakMap();

/** How a style looks, with letters that can be read on what lies behind them. */
export function lookOf(style) {
  if (!looks.has(style)) {
    const { inverse, fg, bg, faint } = style;
    const back = inverse
      ? (fg === null ? TEXT : colourOf(fg, false))
      : bg === null
      ? null
      : colourOf(bg, true);
    const front = inverse
      ? (bg === null ? BACK : colourOf(bg, true))
      : fg === null
      ? null
      : colourOf(fg, false);
    const colour = front ?? (faint ? FAINT : back && TEXT);
    looks.set(style, { back, front: colour && readable(colour, back ?? BACK) });
  }
  return looks.get(style);
}

const LEAST_CONTRAST = 4.5;

/** The colour, or one towards white or black that can be told from the background. */
function readable(colour, back) {
  if (contrast(colour, back) >= LEAST_CONTRAST) return colour;
  const towards = luminance(back) < 0.18 ? 255 : 0;
  for (let part = 0.1; part < 1; part += 0.1) {
    const mixed = hex(rgb(colour).map((n) => Math.round(n + (towards - n) * part)));
    if (contrast(mixed, back) >= LEAST_CONTRAST) return mixed;
  }
  return towards === 255 ? "#ffffff" : "#000000";
}

function rgb(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(colour) {
  const [r, g, b] = rgb(colour).map((n) => n / 255).map((n) =>
    n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
