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

/** The marks, unless another is said. */
const MARKS = /\{(?:|\/\/|#|\/?\.{0,3})\}/g;
/** What GNU parallel has besides, and there is not: the number of a slot, and items of several sources in one job. */
const NO_MARK = /\{%\}/;
const NO_WORD = /^\{\d+\}$/;

/** The marks, or the one that was said, which stands for the whole item. */
function marksOf(mark: string | undefined): RegExp {
  if (mark === "") throw new BadInput("Cannot use an empty mark: it takes text that stands for the item");
  return mark === undefined ? MARKS : new RegExp(mark.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "g");
}

/**
 * A command for each item, in their order. Where the template has no mark, the item comes at its end, unless it need not.
 * @throws {BadInput} for a mark within quotes: there, an item could become a part of the command's own text
 */
export function commandsFor(
  items: readonly string[],
  { template, quote, mark, atEnd = true }: Each,
): string[] {
  const marks = marksOf(mark);
  const hasMark = (text: string) => text.search(marks) >= 0;
  const last = mark ?? "{}";
  if (mark === undefined) refuseOtherMarks(template);
  if ("words" in template) {
    const words = !atEnd || template.words.some(hasMark) ? template.words : [...template.words, last];
    return items.map((item, index) =>
      quote(words.map((word) => filled(word, { marks, item, number: index + 1 })))
    );
  }
  const text = !atEnd || hasMark(template.text) ? template.text : `${template.text} ${last}`;
  const quoted = markWithinQuotes(text, marks);
  if (quoted !== undefined) {
    throw new BadInput(
      `Cannot use ${quoted} within quotes or after a backslash: what it stands for is quoted already`,
    );
  }
  const quoteOne = (value: string) => quote([value]);
  return items.map((item, index) => filled(text, { marks, item, number: index + 1 }, quoteOne));
}

/** They would stay as they are, and be noticed when the jobs have run. @throws {BadInput} */
function refuseOtherMarks(template: Template): void {
  const texts = "words" in template ? template.words : [template.text];
  const none = texts.find((one) => NO_MARK.test(one));
  if (none !== undefined) {
    throw new BadInput("Cannot use {%}: a job does not know its slot; {#} is the number of its item");
  }
  const word = "words" in template ? template.words.find((one) => NO_WORD.test(one)) : undefined;
  if (word === undefined) return;
  throw new BadInput(`Cannot use ${word}: a job has one item, and {} stands for it`);
}

/** How items become commands. */
export interface Each {
  /** What each becomes. */
  template: Template;
  /** How items are quoted. */
  quote: Quote;
  /** What stands for an item, instead of all other marks. */
  mark?: string | undefined;
  /** Default true. False leaves a template without a mark as it is. */
  atEnd?: boolean;
}

function filled(
  text: string,
  { marks, item, number }: { marks: RegExp; item: string; number: number },
  as: (value: string) => string = (value) => value,
): string {
  return text.replace(
    marks,
    (mark) => as(marks !== MARKS ? item : mark === "{#}" ? String(number) : partOf(item, mark)),
  );
}

/** What a mark stands for: a dot more takes one more extension away. */
function partOf(item: string, mark: string): string {
  if (mark === "{//}") return directoryName(item);
  let part = mark.startsWith("{/") ? baseName(item) : item;
  for (const char of mark) if (char === ".") part = withoutExtension(part);
  return part;
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
function markWithinQuotes(text: string, marks: RegExp): string | undefined {
  const at = new Map([...text.matchAll(marks)].map(({ 0: mark, index }) => [index, mark]));
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const mark = at.get(i);
    if (mark !== undefined) {
      if (quote !== "") return mark;
      i += mark.length - 1;
    } else if (quote === "'") {
      if (char === "'") quote = "";
    } else if (char === "\\") {
      const next = at.get(i + 1);
      if (next !== undefined) return next;
      i += 1;
    } else if (char === '"' || char === "`") quote = quote === char ? "" : quote === "" ? char : quote;
    else if (char === "'" && quote === "") quote = "'";
  }
  return undefined;
}
