/**
 * @module
 * The lock files: whoever runs the program fetches all that its lock names, so that is only what the program uses.
 */
import assert from "node:assert/strict";

interface Lock {
  specifiers: Record<string, string>;
  npm: Record<string, { integrity: string }>;
}

function lockAt(path: string): Lock {
  return JSON.parse(Deno.readTextFileSync(new URL(path, import.meta.url)));
}

/** The files below a directory, given with a slash at its end. */
function* filesBelow(directory: URL): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (isDirectory) yield* filesBelow(new URL(`${name}/`, directory));
    else yield new URL(name, directory);
  }
}

/** Fetched by the benchmarks that run it beside queuectl, and by nobody else. */
const RIVAL = "npm:graphile-worker@0.18.0";

/** The packages that files of some directories import, as lock files name them. */
function imported(...directories: string[]): string[] {
  const files = directories.flatMap((one) => [...filesBelow(new URL(`../../${one}/`, import.meta.url))]);
  const texts = files.filter(({ pathname }) => pathname.endsWith(".ts")).map((file) =>
    Deno.readTextFileSync(file)
  );
  const names = texts.flatMap((text) =>
    [...text.matchAll(/"(npm:@?[a-z][^@"]*@\d[^/"]*)/g)].map(([, name]) => name!)
  );
  return [...new Set(names)].filter((name) => name !== RIVAL).sort();
}

Deno.test("the program's lock names what the program imports, and nothing else", () => {
  const { specifiers } = lockAt("../../deno.lock");
  assert.deepEqual(Object.keys(specifiers).sort(), imported("src"));
});

Deno.test("the tests' lock names the same and what tests import", () => {
  const [program, tests] = [lockAt("../../deno.lock"), lockAt("../deno.lock")];
  assert.deepEqual(Object.keys(tests.specifiers).sort(), imported("src", "tests", "tools"));
  for (const [name, { integrity }] of Object.entries(program.npm)) {
    assert.equal(tests.npm[name]?.integrity, integrity, name);
  }
});
