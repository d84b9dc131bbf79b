/**
 * @module
 * Reading JSON, and where a text stops being JSON: the engine's own messages do not always say. Pure.
 */
import { BadInput } from "./errors.ts";

/** Reads JSON. @throws {BadInput} that says where it is wrong, and what `advice` says of the text */
export function parseJson(json: string, advice: (json: string) => string = () => ""): unknown {
  try {
    return JSON.parse(json);
  } catch {
    const { line, column, found } = faultOf(json);
    const place = json.includes("\n") ? `line ${line}, column ${column}` : `column ${column}`;
    throw new BadInput(`Cannot read the JSON: ${found} at ${place}${advice(json)}`);
  }
}

/** The first place where a text is not JSON. Lines and columns count from 1. */
export interface JsonFault {
  /** Its line. */
  line: number;
  /** Its column in the line. */
  column: number;
  /** `unexpected "}"`, or `unexpected end`. */
  found: string;
}

/** One token of JSON after white space: punctuation, a string, a number, or a word. */
const TOKEN =
  // deno-lint-ignore no-control-regex -- JSON strings hold no control characters
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;

/** Finds the fault in a text that `JSON.parse` refuses. */
export function faultOf(text: string): JsonFault {
  const open: string[] = [];
  /** What may come next: a value, a key, or what follows a value. */
  let next: "value" | "key" | "colon" | "after" = "value";
  let mayClose = false;
  TOKEN.lastIndex = 0;
  for (let at = 0;; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) return place(text, at);
    const token = match[1] ?? (match[2] === undefined ? "scalar" : "string");
    const closes = token === (open.at(-1) === "{" ? "}" : "]") && open.length > 0;
    if (closes && (next === "after" || mayClose)) {
      open.pop();
      next = "after";
    } else if (next === "after" && token === "," && open.length > 0) {
      next = open.at(-1) === "{" ? "key" : "value";
    } else if (next === "key" && token === "string") next = "colon";
    else if (next === "colon" && token === ":") next = "value";
    else if (next === "value" && (token === "{" || token === "[")) {
      open.push(token);
      next = token === "{" ? "key" : "value";
      mayClose = true;
      continue;
    } else if (next === "value" && (token === "string" || token === "scalar")) next = "after";
    else return place(text, at);
    mayClose = false;
  }
}

/** The beginning of a string, as far as it is right. */
// deno-lint-ignore no-control-regex -- as above
const STRING_START = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y;

/** The fault that begins at the first character after white space from `at` on. */
function place(text: string, at: number): JsonFault {
  while (at < text.length && " \t\r\n".includes(text[at]!)) at++;
  STRING_START.lastIndex = at;
  const started = STRING_START.exec(text);
  if (started && text[STRING_START.lastIndex] !== '"') at = STRING_START.lastIndex;
  const before = text.slice(0, at).split("\n");
  const found = at < text.length
    ? `unexpected ${JSON.stringify(text.slice(at).match(/^(\w+|.)/su)![0])}`
    : "unexpected end";
  return { line: before.length, column: before.at(-1)!.length + 1, found };
}
