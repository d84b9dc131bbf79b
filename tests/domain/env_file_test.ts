/**
 * @module
 * Files of variables: what each line says, and what is refused.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { chooseVariables } from "../../src/domain/env_choice.ts";
import { parseEnvFile } from "../../src/domain/env_file.ts";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.ts";

const said = (text: string) => parseEnvFile(text, "f").map(({ name, value }) => [name, value]);

Deno.test("a line says a variable as docker's and dotenv's files do", () => {
  const cases: [line: string, name: string, value: string | null][] = [
    ["A=1", "A", "1"],
    ["export A=1", "A", "1"],
    ["  A  =  two words  ", "A", "two words"],
    ["A=", "A", ""],
    ["A= # nothing", "A", ""],
    ["A=x # a comment", "A", "x"],
    ["A=x#y", "A", "x#y"],
    ["A=http://h/#top", "A", "http://h/#top"],
    ["A=a=b", "A", "a=b"],
    ["A='lit $X \\n'", "A", "lit $X \\n"],
    ["A='x' # a comment", "A", "x"],
    ['A="x\\ty\\"z\\\\ \\$ \\q"', "A", 'x\ty"z\\ $ \\q'],
    ["A=$HOME", "A", "$HOME"],
    ["A=it's", "A", "it's"],
    ["A", "A", null],
    ["export A", "A", null],
    ["A # a comment", "A", null],
    ["exported=1", "exported", "1"],
    ["export=1", "export", "1"],
    ["a.b-c=1", "a.b-c", "1"],
  ];
  for (const [line, name, value] of cases) assert.deepEqual(said(line), [[name, value]], line);
});

Deno.test("comments and blank lines say nothing, quotes go over lines, and each entry knows its line", () => {
  const text = "\ufeff# one\r\n\r\n  \nA='x\ny'\r\n  # two\nB=\"p\nq\"\nC=3";
  assert.deepEqual(parseEnvFile(text, "f"), [
    { name: "A", value: "x\ny", line: 4 },
    { name: "B", value: "p\nq", line: 7 },
    { name: "C", value: "3", line: 9 },
  ]);
  assert.deepEqual(said(""), []);
});

Deno.test("what cannot be read is refused by its line, without a value", () => {
  const cases: [text: string, message: string][] = [
    ["A=1\n9B=2", "Cannot read line 2 of f: it takes NAME=VALUE, or NAME"],
    ["A B=2", "Cannot read line 1 of f: it takes NAME=VALUE, or NAME"],
    ["=secret", "Cannot read line 1 of f: it takes NAME=VALUE, or NAME"],
    ["A=1\n\nB='secret\nC=3", "Cannot read line 3 of f: the ' of B is never closed"],
    ['A="secret\\"', 'Cannot read line 1 of f: the " of A is never closed'],
    ["A='x'y", "Cannot read line 1 of f: something follows the closing ' of A"],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseEnvFile(text, "f"), { name: "BadInput", message }, text);
  }
});

Deno.test("every value can be written so that it is read back", () => {
  const escape = (value: string) =>
    value.replace(/[\\"$]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  const name = fc.stringMatching(/^[A-Za-z_]\w{0,8}$/);
  fc.assert(fc.property(fc.array(fc.tuple(name, fc.string({ unit: "binary" }))), (pairs) => {
    const text = pairs.map(([name, value]) => `${name}="${escape(value)}"\n`).join("");
    assert.deepEqual(said(text), pairs);
  }));
});

Deno.test("any text is read or refused with a line of it", () => {
  const unit = fc.constantFrom(..."AB=\"'\\# \n\r\t$x9", "export ");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
      const lines = text.split("\n").length;
      try {
        for (const { name, line } of parseEnvFile(text, "f")) {
          assert.match(name, /^[A-Za-z_][\w.-]*$/);
          assert.ok(line >= 1 && line <= lines);
        }
      } catch (error) {
        const [, line] = /^Cannot read line (\d+) of f: /.exec((error as Error).message)!;
        assert.ok(Number(line) >= 1 && Number(line) <= lines, text);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("of a whole environment, what is the shell's, the linker's, ours or may be a secret is left out", () => {
  const environment = {
    ...{ HOME: "/h", PATH: "/bin", LANG: "C", SSH_AUTH_SOCK: "/s", EDITOR: "vi" },
    ...{ PWD: "/", OLDPWD: "/", SHLVL: "2", _: "/bin/x", COLUMNS: "80" },
    ...{ LD_PRELOAD: "x.so", DYLD_LIBRARY_PATH: "/x", QUEUECTL_TOKEN: "t", QUEUECTL_HOME: "/q" },
    ...{ GITHUB_TOKEN: "t", github_token: "t", PGPASSWORD: "p", MYSQL_PWD: "p", AWS_PROFILE: "x" },
    ...{ OPENAI_API_KEY: "k", MY_SECRET: "s", DATABASE_URL: "u" },
  };
  const { taken, excluded } = chooseVariables(environment, DEFAULT_SETTINGS.envExclude);
  assert.deepEqual(Object.keys(taken), ["HOME", "PATH", "LANG", "SSH_AUTH_SOCK", "EDITOR"]);
  assert.deepEqual(excluded, [
    ...["AWS_PROFILE", "DATABASE_URL", "GITHUB_TOKEN", "MYSQL_PWD", "MY_SECRET", "OPENAI_API_KEY"],
    ...["PGPASSWORD", "github_token"],
  ]);
  const all = chooseVariables(environment, "none");
  assert.deepEqual([all.taken.GITHUB_TOKEN, all.excluded], ["t", []]);
  assert.deepEqual(chooseVariables({ AB: "", ABC: "", B: "" }, "A?,b").excluded, ["AB", "B"]);
});
