/**
 * @module
 * Files of variables, as `docker --env-file` and dotenv have them. Pure; no value is ever a part of a sentence.
 *
 * A line is `NAME=VALUE`, with `export` before it or not; or `NAME` alone, whose value comes from elsewhere. Blank lines
 * and lines that begin with `#` say nothing. Blanks around name and value do not count. What is not quoted ends at ` #`;
 * `'…'` is taken as it is, and in `"…"` `\n \r \t \" \\ \$` are what they are in C. Both may go over several lines.
 * Nothing is expanded.
 */
import { BadInput } from "./errors.ts";

/** What a line says. */
export interface EnvEntry {
  /** The variable. */
  name: string;
  /** Null where the line has a name alone. */
  value: string | null;
  /** The line it begins on, from 1. */
  line: number;
}

const BLANK = /[^\S\n]*/y;
const NOTHING = /(?:#[^\n]*)?(?:\n|$)/y;
const NAME = /(?:export[^\S\n]+)?([A-Za-z_][\w.-]*)[^\S\n]*(=|(?=#|\n|$))/y;
const SINGLE = /'([^']*)'/y;
const DOUBLE = /"((?:[^"\\]|\\[^])*)"/y;
const PLAIN = /[^\n]*/y;

const ESCAPED: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/**
 * Reads a file of variables.
 * @param text the whole file
 * @param source what to call it in a sentence
 * @throws {BadInput} for the first line that cannot be read
 */
export function parseEnvFile(text: string, source: string): EnvEntry[] {
  const entries: EnvEntry[] = [];
  const whole = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(whole);
    if (match) {
      at = pattern.lastIndex;
      line += match[0].split("\n").length - 1;
    }
    return match;
  };
  const fault = (line: number, takes: string) =>
    new BadInput(`Cannot read line ${line} of ${source}: ${takes}`);

  while (at < whole.length) {
    take(BLANK);
    if (take(NOTHING)) continue;
    const began = line;
    const [, name, equals] = take(NAME) ?? [];
    if (name === undefined) throw fault(began, "it takes NAME=VALUE, or NAME");
    if (equals === "") {
      entries.push({ name, value: null, line: began });
      take(NOTHING);
      continue;
    }
    take(BLANK);
    const quote = whole[at];
    if (quote === "'" || quote === '"') {
      const [, quoted] = take(quote === "'" ? SINGLE : DOUBLE) ?? [];
      if (quoted === undefined) throw fault(began, `the ${quote} of ${name} is never closed`);
      const value = quote === "'"
        ? quoted
        : quoted.replace(/\\([nrt"\\$])/g, (_, char: string) => ESCAPED[char] ?? char);
      take(BLANK);
      if (!take(NOTHING)) throw fault(line, `something follows the closing ${quote} of ${name}`);
      entries.push({ name, value, line: began });
      continue;
    }
    const [plain = ""] = take(PLAIN) ?? [];
    entries.push({ name, value: plain.replace(/(?:^|\s)#.*$/, "").trim(), line: began });
    take(NOTHING);
  }
  return entries;
}
