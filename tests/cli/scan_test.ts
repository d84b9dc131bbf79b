/**
 * @module
 * Reading plain command lines without the library: it must never read one differently.
 */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { BadInput } from "../../src/domain/errors.ts";
import { readArgv } from "../../src/cli/line/argv.ts";
import { runByLibrary } from "../../src/cli/line/by_library.ts";
import {
  type CommandDefinition,
  defineCommand,
  defineGroup,
  type Target,
} from "../../src/cli/line/command.ts";
import { Context } from "../../src/cli/line/context.ts";
import { flagName } from "../../src/cli/line/flags.ts";
import { scan } from "../../src/cli/line/scan.ts";
import { spelledOut } from "../../src/cli/line/short_flags.ts";
import { loadWholeTree } from "../../src/cli/line/tree.ts";

/** What a command is called with, as text. */
type Seen = (command: CommandDefinition, flags: Record<string, unknown>, words: readonly string[]) => void;

/** The same tree with commands that do nothing but tell what they were called with. */
function watched({ definition }: Target, seen: Seen): Target {
  if ("routes" in definition) {
    const routes = Object.entries(definition.routes).map(([name, target]) =>
      [name, watched(target, seen)] as const
    );
    return defineGroup({ ...definition, routes: Object.fromEntries(routes) });
  }
  const copy: CommandDefinition = {
    ...definition,
    run(_context, flags, words) {
      seen(copy, flags, words);
      return Promise.resolve();
    },
  };
  return defineCommand(copy);
}

/** The words that lead to each command, and the command. */
function* commandsIn({ definition }: Target, path: string[] = []): Generator<[string[], CommandDefinition]> {
  if (!("routes" in definition)) return yield [path, definition];
  for (const [name, target] of Object.entries(definition.routes)) yield* commandsIn(target, [...path, name]);
}

const tree = await loadWholeTree();
const commands = [...commandsIn(tree)];

const ODD = [
  "",
  "-",
  "--",
  "---",
  "-1",
  "-h",
  "--help",
  "--no-wait",
  "-x",
  "a b",
  "a\nb",
  "ü",
  "{",
  "'",
  "--=x",
  "-vv",
];
const VALUES = [
  "1",
  "10m",
  "a",
  "default",
  "K=V",
  "0.5",
  "2026-11-25T10:00:00Z",
  "pending",
  "newest",
  "10MiB",
  "none",
];

/** Words as one might type them for a command, and some that nobody would. */
const typed = fc.constantFrom(...commands).chain(([path, { flags = {} }]) => {
  const dashed = Object.keys(flags).map((name) =>
    `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`
  );
  const names = [...dashed, ...Object.keys(flags).map((name) => `--${name}`), "--unknown"];
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...VALUES) },
    fc.constantFrom(...ODD),
    fc.string(),
  );
  const word = fc.oneof(
    { weight: 3, arbitrary: value.map((one) => [one]) },
    { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...names), value) },
    fc.tuple(fc.constantFrom(...names), value).map(([name, one]) => [`${name}=${one}`]),
    fc.constantFrom(...names).map((name) => [name]),
  );
  return fc.array(word, { maxLength: 5 }).map((parts) => [...path, ...parts.flat()]);
});

Deno.test("what is read as plain, the library reads in the same way", async () => {
  let plain = 0;
  await fc.assert(
    fc.asyncProperty(typed, async (args) => {
      const argv = attempt(() => readArgv(args));
      const call = argv && scan(tree, argv.words);
      if (!call) return;
      plain += 1;
      const calls: unknown[] = [];
      const library = watched(
        tree,
        ({ brief }, { home: _home, json: _json, quiet: _quiet, ...flags }, words) => {
          calls.push({ brief, flags, words: [...words] });
        },
      );
      await runByLibrary(library, new Context(argv), argv.words);
      const { command: { brief }, flags, words } = call;
      const given = Object.entries(flags).filter(([, value]) => value !== undefined);
      assert.deepEqual(calls.map(withoutUndefined), [{ brief, flags: Object.fromEntries(given), words }]);
    }),
    { numRuns: 3000 },
  );
  assert.ok(plain > 300, `only ${plain} of 3000 command lines were plain`);
});

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined; // `--home` without a directory
  }
}

function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

Deno.test("what people type every day is plain", () => {
  const lines = [
    ["enqueue", "make report"],
    ["enqueue", "--delay", "1h", "--label=nightly", "make"],
    ["enqueue", "--env", "A=1", "--env", "B=2", "--", "cp", "-r", "--", "x"],
    ["worker", "start", "--count", "4", "--detach"],
    ["list", "--state", "dead"],
    ["dlq", "retry", "--all"],
    ["status"],
  ];
  for (const line of lines) assert.ok(scan(tree, line), line.join(" "));
  const call = scan(tree, lines[2]!)!;
  assert.deepEqual([call.flags.env, call.words], [["A=1", "B=2"], ["cp", "-r", "--", "x"]]);
});

Deno.test("the plain leaves what is wrong or unusual to the library", () => {
  const lines = [
    [],
    ["enqueu", "true"],
    ["worker"],
    ["list", "--help"],
    ["list", "--state", "nonsense"],
    ["list", "--limit"],
    ["list", "--limit", "1", "--limit", "2"],
    ["enqueue", "--priority", "-5", "true"],
    ["show"],
    ["constructor"],
    ["list", "--constructor", "x"],
  ];
  for (const line of lines) assert.equal(scan(tree, line), undefined, line.join(" "));
});

/** Every flag that takes no value, with the words before it. */
const toggles = commands.flatMap(([path, { flags = {} }]) =>
  Object.entries({ ...flags, help: { kind: "toggle" } })
    .flatMap(([name, { kind }]) => kind === "toggle" ? [[path, `--${flagName(name)}`] as const] : [])
);

/** What the library says of a command line that `scan` leaves to it; nothing may be run. */
async function refusal(line: readonly string[]): Promise<string> {
  const argv = readArgv(line);
  assert.equal(scan(tree, argv.words), undefined, line.join(" "));
  const library = watched(tree, () => assert.fail(`${line.join(" ")} was run`));
  try {
    await runByLibrary(library, new Context(argv), argv.words);
  } catch (error) {
    assert.ok(error instanceof BadInput, `${line.join(" ")}: ${error}`);
    return error.message;
  }
  return "";
}

Deno.test("no flag without a value takes one, whatever it is", async () => {
  assert.ok(toggles.length > 80, `only ${toggles.length}`);
  for (const value of ["1", "no", "true", "nonsense"]) {
    for (const [path, flag] of toggles) {
      assert.equal(
        await refusal([...path, `${flag}=${value}`]),
        `Cannot use ${flag}=${value}: the flag takes no value`,
      );
    }
  }
  for (const flag of ["--json", "--quiet"]) {
    for (const value of ["1", "", "no"]) {
      assert.throws(() => readArgv(["list", `${flag}=${value}`]), {
        message: `Cannot use ${flag}=${value}: the flag takes no value`,
      });
    }
  }
  assert.equal(await refusal(["ls", "--utc=1"]), "Cannot use --utc=1: the flag takes no value");
  const letter = "Cannot use -f=1: -f (--follow) takes no value";
  assert.throws(() => spelledOut(tree, ["logs", "j1", "-f=1"]), { message: letter });
});

Deno.test("a flag that is no list is given once, with the same value or another", async () => {
  for (const [path, { flags = {} }] of commands) {
    for (const [name, { kind, choices = [] }] of Object.entries(flags)) {
      const flag = `--${flagName(name)}`;
      if (kind === "toggle") {
        assert.equal(await refusal([...path, flag, flag]), `Cannot use ${flag}: the flag was already given`);
      }
      if (kind !== "value") continue;
      const value = choices[0] ?? "1";
      const said = await refusal([...path, flag, value, `${flag}=${value}`]);
      assert.equal(said, `Cannot use ${flag} "${value}": the flag was already given`);
    }
  }
  for (const [flag, value] of [["--home", "/a"], ["--store", "local"]] as const) {
    assert.throws(() => readArgv([flag, value, "list", `${flag}=${value}`]), {
      message: `Cannot use ${flag} twice: it says where everything is`,
    });
  }
  assert.deepEqual(readArgv(["--json", "--quiet", "list", "--json", "--quiet"]).words, ["list"]);
});
