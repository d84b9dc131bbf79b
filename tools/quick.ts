/**
 * @module
 * `deno task test:quick [FOLDER…]`: the tests that a change in a folder of `src/` usually breaks, in about a minute
 * for each. Without folders, those that differ from `main`. Test files that say in their header that they are slow are
 * left out, unless they differ themselves.
 */
import { BadInput, UserError } from "../src/domain/errors.ts";

const ROOT = new URL("../", import.meta.url);

/** Always: who imports whom, and what the pages say of the files. */
const ALWAYS = ["tests/build/import_rules_test.ts", "tests/build/documents_test.ts"];

/** The folders of `src/` whose tests are in another's; all others have one of the same name in `tests/`. */
const ELSEWHERE: Readonly<Record<string, string>> = { logs: "cli" };

/** A line of the header of a test file that is none of these. */
const SLOW = /^ \* Slow\b/m;

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

function testsBelow(path: string): string[] {
  return [...Deno.readDirSync(new URL(path, ROOT))].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return testsBelow(`${path}${name}/`);
    return name.endsWith("_test.ts") ? [path + name] : [];
  });
}

function isSlow(path: string): boolean {
  const text = read(path);
  return SLOW.test(text.slice(0, text.indexOf("*/")));
}

/** Every file that differs from what `main` was when this branch left it, whether committed or not. */
async function changedFiles(): Promise<string[]> {
  const base = await git("merge-base", "HEAD", "main").catch(() => "HEAD");
  const changed = await git("diff", "--name-only", base.trim());
  const added = await git("ls-files", "--others", "--exclude-standard");
  return [...new Set(`${changed}\n${added}`.split("\n").filter((path) => path !== ""))];
}

async function git(...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command("git", { args, cwd: ROOT }).output();
  if (!success) throw new UserError(`Cannot tell what has changed: git ${args[0]} failed; name folders`);
  return new TextDecoder().decode(stdout);
}

/** The folder in `tests/` of a path such as `src/store/sqlite/rows.ts`, `tests/cli` or `worker`. Undefined: none. */
function folderOf(path: string): string | undefined {
  const parts = path.split("/");
  const folder = ["src", "tests"].includes(parts[0]!) ? parts[1] : parts[0];
  const name = folder === undefined ? undefined : ELSEWHERE[folder] ?? folder;
  return name !== undefined && folders().includes(name) ? name : undefined;
}

function folders(): string[] {
  const named = [...Deno.readDirSync(new URL("tests/", ROOT))].filter(({ isDirectory }) => isDirectory);
  return named.map(({ name }) => name).filter((name) => testsBelow(`tests/${name}/`).length > 0).sort();
}

/** The test files to run for folders; without any, for what has changed. @throws {BadInput} for one without tests */
export async function chosen(named: readonly string[]): Promise<string[]> {
  const wrong = named.find((name) => folderOf(name) === undefined);
  if (wrong !== undefined) {
    throw new BadInput(`There are no tests of "${wrong}": name ${folders().join(", ")}`);
  }
  const changed = named.length > 0 ? [] : await changedFiles();
  const touched = [...named, ...changed].map(folderOf).filter((name) => name !== undefined);
  const quick = [...new Set(touched)].flatMap((name) => testsBelow(`tests/${name}/`)).filter((one) =>
    !isSlow(one)
  );
  const own = changed.filter((path) => path.endsWith("_test.ts"));
  return [...new Set([...ALWAYS, ...quick, ...own])].filter(isThere);
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, ROOT)).isFile;
  } catch {
    return false; // a test that was removed differs, too
  }
}

if (import.meta.main) {
  try {
    const tests = await chosen(Deno.args.map((name) => name.replace(/^\.\//, "").replace(/\/$/, "")));
    const args = [
      "test",
      "--parallel",
      "--no-check",
      "--lock=tests/deno.lock",
      "--no-prompt",
      "--allow-all",
      ...tests,
    ];
    const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).spawn().status;
    Deno.exit(code);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    Deno.exit(error instanceof BadInput ? 2 : 1);
  }
}
