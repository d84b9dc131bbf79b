/**
 * @module
 * What dead jobs of one kind have in common: the last words of their errors, without what differs from job to job. Pure.
 * Invariant: what it was told of one kind it says of each, so that they are counted as one group; and it says no password.
 */

import { withoutSecrets } from "./secrets.ts";

/** Characters; a line of more says no more. */
const LONGEST = 200;
/** Characters of a line that are looked at: what a job prints may be without end. */
const MOST_READ = 2000;

/** What is known of a job that died. */
export interface Death {
  /** What its last attempt ended with, such as `exit code 1`; null is unknown. */
  error: string | null;
  /** The end of what that attempt printed to stderr. */
  stderr: string;
}

/**
 * What it died of. An exit code explains nothing: there, it is the last line of stderr; where a signal ended it, both; else,
 * or where it printed nothing, it is the error.
 */
export function diedOf({ error, stderr }: Death): string {
  const sentence = sameIn(error ?? "unknown");
  if (!/^exit code \d|^killed by /.test(sentence)) return sentence;
  const words = sameIn(lastWords(stderr));
  if (words === "") return sentence;
  return sentence.startsWith("exit code") ? words : cut(`${sentence}: ${words}`);
}

/** Colours, titles, and whatever else moves a terminal. */
// deno-lint-ignore no-control-regex
const CONTROLS = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b./g;

/** Lines that runtimes put after what went wrong. */
const AFTERWORDS = [
  /^Node\.js v\d/,
  /^(?:at|\.\.\.) .*[\w)\]>]$/, // a frame of a stack: `at f (x.js:1:2)`, `... 12 more`
  /^note: (?:run with|some details are omitted)/, // Rust
  /^npm (?:ERR!|error) (?:A complete log|\s*\/|code |errno )/,
  /^(?:exit status \d+|Error: Process completed with exit code \d+)\.?$/,
];

/** The last line that says something; empty where none does. */
function lastWords(stderr: string): string {
  const lines = stderr.replaceAll(CONTROLS, "").split(/[\r\n]+/).map((line) => line.trim()).filter(hasWords);
  return lines.findLast((line) => !AFTERWORDS.some((one) => one.test(line))) ?? lines.at(-1) ?? "";
}

/** A line of dashes or of a caret says nothing. */
function hasWords(line: string): boolean {
  return /[\p{L}\p{N}]/u.test(line);
}

/** Numbers that tell kinds apart stay: those after these words. */
const TELLING = /\b(?:exit code|exit status|status(?: code)?|HTTP(?:\/[\d.]+)?|errno|code|error|E)[ =:#]*$/i;

/** What is the same in texts of one kind: times, addresses' secrets, paths, ids and numbers are not. */
function sameIn(text: string): string {
  const same = withoutSecrets(text.slice(0, MOST_READ))
    .replace(/^timed out after \S+/, "timed out")
    .replaceAll(/\p{Cc}+/gu, " ")
    .replaceAll(/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]{1,200}@/gi, "$1…@")
    .replaceAll(/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z| ?[+-]\d\d:?\d\d)?)?/g, "…")
    .replaceAll(/\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b/g, "…")
    .replaceAll(/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/g, "…@…")
    .replaceAll(
      /(?<![\w:/.])(?:[A-Za-z]:\\|~?\/|\.{1,2}\/)[\w@%+~.,-]{1,200}(?:[/\\][\w@%+~.,-]{0,200}){0,40}/g,
      "…",
    )
    .replaceAll(/\b0x[0-9a-f]+\b/gi, "…")
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "…")
    .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, "…")
    .replaceAll(/\b(?=[a-z_-]*\d[a-z_-]*\d)(?=\d*[a-z])[a-z\d]{12,}\b/gi, "…")
    .replaceAll(
      /(?<![\p{L}_\d])\d+(?:[.,]\d+)*/gu,
      (number, at: number, whole: string) =>
        TELLING.test(whole.slice(Math.max(0, at - 20), at)) ? number : "N",
    )
    .replaceAll(/\s+/g, " ").trim();
  return cut(same);
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
