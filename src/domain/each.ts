/**
 * @module
 * One job for each of many items, by a template: items × template → commands. What stands for an item is written as GNU
 * parallel writes it. Pure; it is told how a shell's words are quoted.
 */
import { BadInput } from "./errors.ts";

/** The command of each job, before its item is put in. */
export type Template =
  /** Words: each is quoted after its item was put in. */
  | { words: readonly string[] }
  /** Text for the shell: items are put in as one quoted word. */
  | { text: string };

/** Quotes words for a shell. */
export type Quote = (words: readonly string[]) => string;

const MARK = /\{(?:|\.|\/|\/\/|\/\.|#)\}/g;

/**
 * A command for each item, in their order. Where the template has no mark, the item comes at its end, unless it need not.
 * @throws {BadInput} for a mark within quotes: there, an item could become a part of the command's own text
 */
export function commandsFor(
  items: readonly string[],
  { template, quote, atEnd = true }: { template: Template; quote: Quote; atEnd?: boolean },
): string[] {
  if ("words" in template) {
    const words = !atEnd || template.words.some(hasMark) ? template.words : [...template.words, "{}"];
    return items.map((item, index) => quote(words.map((word) => filled(word, { item, number: index + 1 }))));
  }
  const text = !atEnd || hasMark(template.text) ? template.text : `${template.text} {}`;
  const quoted = markWithinQuotes(text);
  if (quoted !== undefined) {
    throw new BadInput(
      `Cannot use ${quoted} within quotes or after a backslash: what it stands for is quoted already`,
    );
  }
  const quoteOne = (value: string) => quote([value]);
  return items.map((item, index) => filled(text, { item, number: index + 1 }, quoteOne));
}

function hasMark(text: string): boolean {
  return text.search(MARK) >= 0;
}

function filled(
  text: string,
  { item, number }: { item: string; number: number },
  as: (value: string) => string = (value) => value,
): string {
  return text.replace(MARK, (mark) => as(mark === "{#}" ? String(number) : partOf(item, mark)));
}

/** What a mark stands for. */
function partOf(item: string, mark: string): string {
  switch (mark) {
    case "{.}":
      return withoutExtension(item);
    case "{/}":
      return baseName(item);
    case "{//}":
      return directoryName(item);
    case "{/.}":
      return withoutExtension(baseName(item));
    default:
      return item;
  }
}

/** A name that only begins with a dot has none. */
function withoutExtension(path: string): string {
  return path.replace(/(?<=[^/])\.[^/.]*$/, "");
}

function baseName(path: string): string {
  return /([^/]*)\/*$/.exec(path)![1]!;
}

function directoryName(path: string): string {
  const [, directory] = /^(.*?)\/+[^/]*\/*$/.exec(path) ?? [];
  if (directory === undefined) return ".";
  return directory === "" ? "/" : directory;
}

/** The first mark that a shell would see within quotes or after a backslash. */
function markWithinQuotes(text: string): string | undefined {
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    const mark = /^\{[./#]*\}/.exec(text.slice(at, at + 4))?.[0];
    if (mark !== undefined && hasMark(mark) && quote !== "") return mark;
    if (quote === "'") {
      if (char === "'") quote = "";
    } else if (char === "\\") {
      const next = /^\{[./#]*\}/.exec(text.slice(at + 1, at + 5))?.[0];
      if (next !== undefined && hasMark(next)) return next;
      at += 1;
    } else if (char === '"' || char === "`") quote = quote === char ? "" : quote === "" ? char : quote;
    else if (char === "'" && quote === "") quote = "'";
  }
  return undefined;
}
