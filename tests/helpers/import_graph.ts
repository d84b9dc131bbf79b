/**
 * @module
 * Which file of the program imports which, read from their texts. Paths are those within the repository.
 */

/** One thing that a file imports. */
export interface Import {
  from: string;
  /** A file of the repository, or `npm:…`, `node:…` as it is written. */
  to: string;
  /** Loaded when it is used, by `import()`. */
  late: boolean;
}

const ROOT = new URL("../../", import.meta.url);

/** The files of the program below a path that ends with a slash. */
export function filesBelow(path: string): string[] {
  return [...Deno.readDirSync(new URL(path, ROOT))].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${path}${name}/`) : [path + name]
  );
}

/** Every file of the program, without the pages. */
export function programFiles(): string[] {
  return ["main.ts", ...filesBelow("src/")].sort();
}

/** What is no comment of a file. A comment begins a line, or follows a space; URLs do neither. */
export function codeOf(path: string): string {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  return text.replaceAll(/^\s*\/\*[^]*?\*\//gm, "").replaceAll(/(?<=^|\s)\/\/ .*$/gm, "");
}

const AT_ONCE = /^(?:import|export)\b(?:[^;"]*?\bfrom)?\s*"([^"\n]+)"/gm;
const LATE = /\b(import|new URL)\(\s*"([^"\n]+)"(?:,\s*import\.meta\.url)?/g;

/** What a file imports, in any way. */
export function importsOf(from: string): Import[] {
  const code = codeOf(from);
  const atOnce = [...code.matchAll(AT_ONCE)].map(([, name]) => ({ name: name!, late: false }));
  const late = [...code.matchAll(LATE)]
    .filter(([whole, how]) => how === "import" || whole.endsWith("import.meta.url"))
    .map(([, , name]) => ({ name: name!, late: true }));
  return [...atOnce, ...late].map(({ name, late }) => ({ from, to: resolved(name, from), late }));
}

function resolved(name: string, from: string): string {
  if (!name.startsWith(".")) return name;
  return new URL(name, new URL(from, ROOT)).pathname.slice(ROOT.pathname.length);
}
