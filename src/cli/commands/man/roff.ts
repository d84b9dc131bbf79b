/**
 * @module
 * Writing roff with the macros of man(7). Pure. Everything that is not a macro goes through `roff`, so that a text shows
 * as it is and can be copied: no character of it is a request, and none is replaced by a prettier one.
 */

/** Characters that roff takes for something else, or shows as something else. */
const SPELLED: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  '"': "\\(dq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

/** A text as roff shows it, on one line. */
export function roff(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\\-'"`^~]|[^ -~]/gu, (char) => SPELLED[char] ?? unicode(char))
    .replace(/^\./, "\\&.");
}

function unicode(char: string): string {
  return `\\[u${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`;
}

/** The text in bold: what is typed as it is. */
export function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

/** The text in italics: what stands for something else. */
export function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** A section with a title in capitals. */
export function section(title: string, lines: readonly string[]): string[] {
  return [`.SH ${roff(title)}`, ...begun(lines)];
}

/** A part of a section. `title` is roff already. */
export function subsection(title: string, lines: readonly string[]): string[] {
  return [`.SS "${title}"`, ...begun(lines)];
}

/** Below a title stands a paragraph anyway. */
function begun(lines: readonly string[]): readonly string[] {
  return lines[0] === PARAGRAPH ? lines.slice(1) : lines;
}

const PARAGRAPH = ".PP";

export function paragraph(text: string): string[] {
  return [PARAGRAPH, roff(text)];
}

/** A list of things and what they are. The things are roff already. */
export function list(items: readonly (readonly [thing: string, text: string])[]): string[] {
  return items.flatMap(([thing, text]) => [".TP", thing, roff(text)]);
}
