/**
 * @module
 * What is written out because nobody would see it, on terminals and on pages.
 */
import assert from "node:assert/strict";
import { visible } from "../../src/cli/show/terminal.ts";
// @ts-ignore: a module of the pages, without types
import { visible as onPages } from "../../web/format.js";

const WRITTEN_OUT: [string, string][] = [
  ["a\u200bb", "a\\u200bb"], // no width
  ["a\u202eb", "a\\u202eb"], // turns what follows
  ["a\u2066b\u2069", "a\\u2066b\\u2069"],
  ["a\u061cb", "a\\u061cb"],
  ["a\ufeffb", "a\\ufeffb"],
  ["a\u{e0041}b", "a\\udb40\\udc41b"], // a tag
  ["a\u00adb", "a\\u00adb"],
  ["a\u009bb", "a\\u009bb"], // a control that begins a sequence
  ["a\u00a0b", "a\\u00a0b"], // no space
  ["a\u3164b", "a\\u3164b"], // a letter that is blank
  ["a\u200db", "a\\u200db"],
  ["a\u2028b", "a\\u2028b"],
  ["a\ud800b", "a\\ud800b"],
];

Deno.test("what is not seen, or turns the direction of text, is written out", () => {
  for (const [text, expected] of WRITTEN_OUT) {
    assert.deepEqual([visible(text), onPages(text)], [expected, expected]);
  }
  assert.equal(visible("a\n\t\x1b[2J\x07"), "a\\n\\t\\e[2J\\x07");
  assert.equal(onPages("a\n\tb\x1b[2J"), "a\n\tb\\u001b[2J");
});

Deno.test("what is seen stays as it is", () => {
  for (const text of ["rm -r 'ä b'", "日本語　字", "👨‍👩‍👧 ❤️ 👍🏽", "שלום", "a\ufffdb"]) {
    assert.deepEqual([visible(text), onPages(text)], [text, text]);
  }
});
