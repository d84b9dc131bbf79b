/**
 * @module
 * Many jobs from one text, and words to a command.
 */
import assert from "node:assert/strict";
import { readBulk } from "../../src/domain/bulk.ts";
import type { JobDefaults } from "../../src/domain/spec.ts";
import { quoteWords } from "../../src/system/shell_words.ts";

const defaults: JobDefaults = { now: 0, priority: 0, maxRetries: 3, timeoutMs: 0, cwd: "/", windows: false };

function commands(text: string): string[] {
  return readBulk(text, { source: "f", defaults }).jobs.map(({ command }) => command);
}

Deno.test("a text of JSON objects, one a line, with blank lines and comments", () => {
  const text = '# jobs\n{"command": "a"}\r\n\n  {"command": "b"}\n';
  assert.deepEqual(commands(text), ["a", "b"]);
  assert.equal(readBulk(text, { source: "f", defaults }).place(1), "line 4");
});

Deno.test("a JSON array of objects", () => {
  assert.deepEqual(commands('[\n{"command": "a"},\n{"command": "b"}]'), ["a", "b"]);
  assert.deepEqual(commands("[]"), []);
});

Deno.test("commands, one a line, also such as begin like JSON", () => {
  assert.deepEqual(commands("echo a\r\n# no\n\n  echo '#b'\n[ -f x ] && { echo c; }\n{ echo d; }"), [
    "echo a",
    "  echo '#b'",
    "[ -f x ] && { echo c; }",
    "{ echo d; }",
  ]);
  assert.deepEqual(commands("[ -f x ]\n"), ["[ -f x ]"]);
});

Deno.test("the first line that is wrong is named", () => {
  const cases: [string, string][] = [
    ['{"command": "a"}\n{"command": }', 'In line 2 of f: cannot read the JSON: unexpected "}" at column 13'],
    [
      '{"command": "a"}\n\nls',
      'In line 3 of f: cannot read the JSON: unexpected "ls" at column 1; ' +
      'in a file whose first line begins with {, a command is written as {"command":"ls"}',
    ],
    [
      "{ echo a; }\ntrue",
      'In line 1 of f: cannot read the JSON: unexpected "echo" at column 3; ' +
      'in a file whose first line begins with {, a command is written as {"command":"{ echo a; }"}',
    ],
    [
      `{ ${"x".repeat(99)}; }`,
      `In line 1 of f: cannot read the JSON: unexpected "${"x".repeat(99)}" at column 3; ` +
      'in a file whose first line begins with {, a command is written as {"command": "ls"}',
    ],
    ['{"command": "a"}\n{"comand": "b"}', 'In line 2 of f: unknown field "comand", did you mean "command"?'],
    ['ls\n{"command": "a"}', "In line 2 of f: cannot mix JSON and commands: the first line is a command"],
    [
      '[{"command": "a"}, 3]',
      'In item 2 of f: cannot enqueue the JSON number 3: a job is a JSON object such as {"command": "ls"}',
    ],
    ['[{"command": "a"},\n]', 'In f: cannot read the JSON: unexpected "]" at line 2, column 1'],
  ];
  for (const [text, message] of cases) assert.throws(() => commands(text), { message });
});

Deno.test("a shell splits a command made of words into the same words", async () => {
  const words = [
    "",
    "plain",
    "two words",
    "it's",
    '"',
    "$HOME `id` \\",
    "a\nb",
    "*",
    "~",
    "#",
    "é",
    "-n",
    "a=b",
    "{x,y}",
    "!",
  ];
  const script = `printf '%s\\0' ${quoteWords(words)}`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  assert.deepEqual(new TextDecoder().decode(stdout).split("\0").slice(0, -1), words);
  assert.equal(quoteWords(["ls", "-la", "/tmp/x.txt", "a=b c"]), "ls -la /tmp/x.txt 'a=b c'");
});
