/**
 * @module
 * From the modules of the program to JavaScript that needs nothing else: as one file, for whoever has Deno, or in
 * chunks, for the executable. Each command loads only the chunks it uses: parsing the one file takes the executable
 * 8 ms, a fifth of the time in which its runtime starts.
 */
import { fileURLToPath } from "node:url";
import { Refused } from "../../src/domain/errors.ts";
import { reasonIn, runDeno } from "./deno.ts";
import { packTexts } from "./pack.ts";

/** The first Deno whose bundler is known to do it right. */
const NEEDED = [2, 9] as const;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Writes the program as one file. */
export async function bundle(file: string, signal: AbortSignal): Promise<void> {
  await runBundler(["-o", file], signal);
  await finish(file);
}

/** Writes the program in chunks to a directory, with `main.js` as the entry. */
export async function bundleInChunks(dir: string, signal: AbortSignal): Promise<void> {
  await runBundler(["--code-splitting", "--outdir", dir], signal);
  for await (const { name } of Deno.readDir(dir)) {
    if (name.endsWith(".js")) await finish(`${dir}/${name}`);
  }
}

async function finish(file: string): Promise<void> {
  await freeFromPlace(file);
  await packTexts(file);
}

/** How the bundler has packages in CommonJS load the modules of the runtime; the name stands for `createRequire`. */
const REQUIRES = /import\s*\{\s*createRequire as ([\w$]+)\s*\}\s*from\s*"node:module";/;

/**
 * Has them load those modules without `createRequire`, which only works in a file on this machine, not in one from a
 * URL, and loads a module that nothing else needs at every start.
 */
async function freeFromPlace(file: string): Promise<void> {
  const text = await Deno.readTextFile(file);
  const [statement, name] = REQUIRES.exec(text) ?? [];
  if (statement === undefined) return;
  const free = text.replace(statement, "")
    .replace(`${name}(import.meta.url)`, "(name=>process.getBuiltinModule(name))");
  if (free.includes(`${name}`)) {
    throw new Refused("Cannot bundle: this Deno loads packages in CommonJS in a way that is not known");
  }
  await Deno.writeTextFile(file, free);
}

async function runBundler(output: readonly string[], signal: AbortSignal): Promise<void> {
  await runDeno({
    args: ["bundle", "--quiet", "--platform", "deno", "--minify", ...output, "main.ts"],
    cwd: ROOT,
    problem: (printed) => new Refused(`Cannot bundle: ${reasonIn(printed)}`),
    signal,
  });
}

/** @throws {Refused} when this Deno is too old to bundle */
export function requireBundler(): void {
  const version = Deno.version.deno;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > NEEDED[0] || major === NEEDED[0] && minor >= NEEDED[1]) return;
  throw new Refused(`Cannot bundle with Deno ${version}: Deno ${NEEDED.join(".")} or newer is needed`);
}
