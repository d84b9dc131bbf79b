/**
 * @module
 * Help fits where it is shown, whatever it says, and loses nothing by that.
 */
import assert from "node:assert/strict";
import type { CommandDefinition, Target } from "../../src/cli/line/command.ts";
import { flagName } from "../../src/cli/line/flags.ts";
import { helpFor } from "../../src/cli/line/help.ts";
import { loadWholeTree } from "../../src/cli/line/tree.ts";
import { wrapped, wrappedRows } from "../../src/cli/line/wrap.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { tempDir } from "../helpers/temp.ts";
import { onTerminal, TERMINAL } from "../helpers/terminal.ts";

function* pages(target: Target, path = ["queuectl"]): Generator<{ target: Target; path: string[] }> {
  yield { target, path };
  if (!("routes" in target.definition)) return;
  for (const [name, part] of Object.entries(target.definition.routes)) yield* pages(part, [...path, name]);
}

const ALL = [...pages(await loadWholeTree())];
const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== "");

for (const columns of [48, 80, 120]) {
  Deno.test(`no help has lines of more than ${columns} columns there, but for examples, which are copied`, () => {
    for (const { target, path } of ALL) {
      const whole = helpFor(target, { path, columns: Infinity });
      const help = helpFor(target, { path, columns });
      assert.deepEqual(wordsOf(help), wordsOf(whole), path.join(" "));
      const mayBeLong = columns < 80 ? /^ {2}(queuectl |.{4}--)|^Usage: / : /^ {2}queuectl /;
      const long = help.split("\n").filter((line) => line.length > columns && !mayBeLong.test(line));
      assert.deepEqual(long, [], path.join(" "));
    }
  });
}

Deno.test("very many flags stand under titles, each under one, before all that is said of them", () => {
  const many = ALL.filter(({ target: { definition } }) =>
    "flags" in definition && Object.keys(definition.flags!).length > 24
  );
  assert.deepEqual(many.map(({ path }) => path.slice(1).join(" ")).toSorted(), [
    "edit",
    "enqueue",
    "schedule add",
    "schedule set",
  ]);
  for (const { target, path } of many) {
    const help = helpFor(target, { path, columns: 80 });
    const flags = Object.keys((target.definition as CommandDefinition).flags!);
    const shown = [...help.matchAll(/^ {2}.{4}--([a-z-]+)/gm)].map(([, name]) => name!);
    const names = flags.map(flagName);
    assert.deepEqual(shown.toSorted(), [...names, "help", "home", "json", "quiet", "store"].toSorted());
    assert.doesNotMatch(help, /^(?:Flags|Others)$/m, `${path.join(" ")}: sections.ts has a place for each`);
  }
  const enqueue = many.find(({ path }) => path.at(-1) === "enqueue")!;
  const [first, , second] = helpFor(enqueue.target, { path: enqueue.path, columns: 80 }).split("\n");
  assert.deepEqual([first, second], [
    "Queue a job, or a file of jobs.",
    "Usage: queuectl enqueue [COMMAND…] [FLAGS]",
  ]);
});

Deno.test("help goes by the terminal it is shown on, and elsewhere has 80 columns", TERMINAL, async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const { stdout } = await queuectl(["list", "--help"], { home });
  const longest = (text: string) => Math.max(...text.split("\n").map(({ length }) => length));
  assert.ok(longest(stdout) <= 80 && longest(stdout) > 70);
  const narrow = await onTerminal(["list", "--help"], { home, columns: 72 });
  assert.ok(longest(narrow) <= 72);
  const wide = await onTerminal(["list", "--help"], { home, columns: 200 });
  assert.ok(longest(wide) > 80 && longest(wide) <= 120);
  assert.deepEqual([wordsOf(narrow), wordsOf(wide)], [wordsOf(stdout), wordsOf(stdout)]);
});

Deno.test("a line break within a sentence is a blank, one behind it stays", () => {
  assert.deepEqual(wrapped("One and\ntwo.\nThree is a longword.", 12), [
    "One and two.",
    "Three is a",
    "longword.",
  ]);
  assert.deepEqual(wrapped("unbreakable thing", 4), ["unbreakable", "thing"]);
  assert.deepEqual(wrapped("", 80), [""]);
});

Deno.test("what does not fit beside a thing goes below it", () => {
  const rows = [["-a", "the first thing of all"], ["-b, --bravo", "two"]] as const;
  assert.deepEqual(wrappedRows(rows, 80), ["  -a           the first thing of all", "  -b, --bravo  two"]);
  assert.deepEqual(wrappedRows([["x", "a few words that are too long"]], 30), [
    "  x  a few words that are too",
    "     long",
  ]);
  assert.deepEqual(wrappedRows([["a thing that is long", "and a text that does not fit"]], 34), [
    "  a thing that is long",
    "      and a text that does not fit",
  ]);
});
