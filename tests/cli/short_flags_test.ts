/**
 * @module
 * Flags of one letter: each means the same everywhere, and a line with them is the line with the long ones.
 */
import assert from "node:assert/strict";
import type { CommandDefinition, Target } from "../../src/cli/line/command.ts";
import { flagName } from "../../src/cli/line/flags.ts";
import { scan } from "../../src/cli/line/scan.ts";
import { LETTERS, spelledOut } from "../../src/cli/line/short_flags.ts";
import { loadWholeTree } from "../../src/cli/line/tree.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { tempDir } from "../helpers/temp.ts";
import { testStore } from "../helpers/worker.ts";

function* commandsIn({ definition }: Target, path: string[] = []): Generator<[string[], CommandDefinition]> {
  if (!("routes" in definition)) return yield [path, definition];
  for (const [name, target] of Object.entries(definition.routes)) yield* commandsIn(target, [...path, name]);
}

const tree = await loadWholeTree();
const commands = [...commandsIn(tree)];

Deno.test("a letter never means two flags of one command, and every letter is one of some command", () => {
  const used = new Set<string>();
  for (const [path, { flags = {} }] of commands) {
    const letters = Object.keys(flags).flatMap((name) => LETTERS[name] ?? []);
    assert.deepEqual(letters, [...new Set(letters)], path.join(" "));
    for (const name of Object.keys(flags)) used.add(name);
  }
  const unused = Object.keys(LETTERS).filter((name) => !used.has(name) && !["help", "yes"].includes(name));
  assert.deepEqual(unused, []);
});

Deno.test("every way to type a flag of one letter is the long flag", () => {
  for (const [path, { flags = {} }] of commands) {
    for (const [name, { kind }] of Object.entries(flags)) {
      const letter = LETTERS[name];
      if (letter === undefined) continue;
      const long = `--${flagName(name)}`;
      if (kind === "toggle") {
        assert.deepEqual(spelledOut(tree, [...path, `-${letter}`]), [...path, long]);
        continue;
      }
      for (const typed of [[`-${letter}`, "-5"], [`-${letter}-5`], [`-${letter}=-5`]]) {
        assert.deepEqual(spelledOut(tree, [...path, ...typed, "x"]), [...path, `${long}=-5`, "x"]);
      }
      assert.deepEqual(spelledOut(tree, [...path, `-${letter}`, ""]), [...path, long, ""]);
    }
  }
});

Deno.test("what follows --, what another flag takes, and numbers are no flags of one letter", () => {
  for (
    const words of [
      ["enqueue", "--", "make", "-n"],
      ["enqueue", "--label", "-q", "make"],
      ["enqueue", "-5"],
      ["enqueue", "-"],
      ["nonsense", "-q"],
      ["-V"],
    ]
  ) assert.deepEqual(spelledOut(tree, words), words);
});

Deno.test("letters can stand together, the last with its value", () => {
  assert.deepEqual(spelledOut(tree, ["logs", "j1", "-fn3"]), ["logs", "j1", "--follow", "--lines=3"]);
  assert.deepEqual(spelledOut(tree, ["logs", "j1", "-fn", "3"]), ["logs", "j1", "--follow", "--lines=3"]);
});

Deno.test("a plain line with flags of one letter needs no library", () => {
  const lines = [
    ["enqueue", "-q", "images", "make"],
    ["enqueue", "-p", "-5", "-d", "1h", "-e", "A=1", "-e", "B=2", "make"],
    ["list", "-n3", "-s", "dead"],
    ["logs", "j1", "-f"],
    ["worker", "start", "-c", "4"],
  ];
  for (const line of lines) assert.ok(scan(tree, spelledOut(tree, line)), line.join(" "));
});

Deno.test("jobs are queued, listed and changed by flags of one letter", async () => {
  using test = await testStore();
  const { home } = test;
  const typed = "enqueue -q images -p -5 -t 10m -l nightly -C /tmp -e A=1 -eB=2 -d 1h make".split(" ");
  assert.equal((await queuectl(typed, { home })).stdout, "j1\n");
  const job = (await test.store.get("j1"))!;
  assert.deepEqual(
    [job.queue, job.priority, job.timeoutMs, job.label, job.cwd, job.env, job.state],
    ["images", -5, 600_000, "nightly", "/tmp", { A: "1", B: "2" }, "scheduled"],
  );
  await queuectl(["enqueue", "echo after a whole command", "-q", "other"], { home });
  assert.equal((await test.store.get("j2"))!.queue, "other");
  const { stdout } = await queuectl(["list", "-n1", "-s", "pending", "--json"], { home });
  assert.deepEqual(JSON.parse(stdout).jobs.map(({ id }: { id: string }) => id), ["j2"]);
  await queuectl(["edit", "j2", "-p", "-7"], { home });
  assert.equal((await test.store.get("j2"))!.priority, -7);
});

Deno.test("an unknown letter is refused, and never with advice that would queue it", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const quoting = "quote the whole command, or put -- before it";
  const cases: [string, string][] = [
    ["enqueue -n 3 make", "Unknown flag -n; --help shows what it takes"],
    ["enqueue -5 make", "Unknown flag -5; --help shows what it takes"],
    ["enqueue make -j 3", `Cannot tell whose flag -j is: put it before the command, or ${quoting}`],
    ["enqueue ls -la", `Cannot tell whose flag -la is: put it before the command, or ${quoting}`],
    ["list -x", "Unknown flag -x; --help shows what it takes"],
    ["logs -fx j1", "Unknown flag -x in -fx; --help shows what it takes"],
    ["list -n", "Missing value for -n (--limit)"],
    ["list -n x", 'Cannot use --limit "x": it takes a whole number from 1 to 10000'],
    ["list -n 1 -n 2", 'Cannot use --limit "2": the flag was already given'],
  ];
  for (const [words, message] of cases) {
    const done = await queuectl(words.split(" "), { home });
    assert.deepEqual(done, { code: 2, stdout: "", stderr: `${message}\n` });
  }
});

Deno.test("help, completions and the manual page name the letters", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const help = await queuectl(["list", "-h"], { home });
  assert.match(help.stdout, /^ {2}-n, --limit N /m);
  assert.match(help.stdout, /^ {6}--search TEXT /m);
  assert.match(help.stdout, /^ {2}-h, --help /m);
  assert.match((await queuectl(["man"], { home })).stdout, /\\fB\\-n\\fR, \\fB\\-\\-limit\\fR \\fIN\\fR/);
  assert.match((await queuectl(["completions", "fish"], { home })).stdout, /-s n -l limit/);
  for (const shell of ["bash", "zsh"]) {
    const { stdout } = await queuectl(["completions", shell], { home });
    assert.match(stdout, /' list -s'/, shell);
  }
});
