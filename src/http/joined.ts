/**
 * @module
 * Modules of the pages joined to files: what is first fetched together is one file. A browser has six connections, and
 * forty files are seven turns on each of them, and weigh more, compressed one by one. The modules stay what they are:
 * each is run once, whichever of the files brings it first, and later ones find it in a table.
 *
 * This knows the ways of writing imports and exports that are used in `web/`, no others, and refuses what it does not know.
 */

/** Where a page keeps what its modules export: by their names. */
const TABLE = "globalThis.queuectlModules";

const IMPORT = /^import\s+(\{[^}]*\}|\w+)\s+from\s+"\.\/([^"]+)";/gm;
const PASSED_ON = /^export\s+\{([^}]*)\}\s+from\s+"\.\/([^"]+)";/gm;
const LIST = /^export\s+\{([^}]*)\};/gm;
const DECLARED = /^export\s+((?:async\s+)?function\*?|const|class)\s+(\w+)/gm;
const LEFT = /^(?:import|export|await)\b.*/m;

type Sources = Readonly<Record<string, string>>;

/** A module's name, and those of all that it imports, and that they import: each after those that it needs. */
export function chainOf(name: string, sources: Sources, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  for (const [, next] of (sources[name] ?? "").matchAll(/\bfrom\s*"\.\/([^"]+)"/g)) {
    chainOf(next!, sources, found);
  }
  return found.add(name);
}

/** One file of a module and all that it imports, but for `without`; libraries stay imports, and `libraries` are their names. */
export function join(
  name: string,
  sources: Sources,
  { without, libraries }: { without: ReadonlySet<string>; libraries: ReadonlySet<string> },
): string {
  const names = [...chainOf(name, sources)].filter((one) => !without.has(one));
  const outside = names.filter((one) => libraries.has(one));
  const exported = Object.keys(parse(name, sources[name]!).exported);
  return [
    ...outside.map((one, n) => `import * as library${n} from "./${one}";`),
    `const modules = ${TABLE} ??= {};`,
    ...outside.map((one, n) => `modules["${one}"] ??= library${n};`),
    ...names.filter((one) => !libraries.has(one)).map((one) => wrapped(one, sources[one]!)),
    exported.length > 0 ? `export const { ${exported.join(", ")} } = modules["${name}"];\n` : "",
  ].join("\n");
}

/** A module as a function that returns what it exports, and that is called once. */
function wrapped(name: string, source: string): string {
  const { body, exported } = parse(name, source);
  const returned = Object.entries(exported).map(([as, what]) => as === what ? as : `${as}: ${what}`);
  return `modules["${name}"] ??= (() => {\n${body}\nreturn { ${returned.join(", ")} };\n})();`;
}

/** `exported` has what is exported by its names. @throws {Error} when it is written in a way that is not known here */
function parse(name: string, source: string): { body: string; exported: Record<string, string> } {
  const exported: Record<string, string> = {};
  const body = source
    .replaceAll(IMPORT, (_, what: string, from: string) => {
      const taken = what.startsWith("{") ? what.replaceAll(/\s+as\s+/g, ": ") : `{ default: ${what} }`;
      return `const ${taken} = modules["${from}"];`;
    })
    .replaceAll(PASSED_ON, (_, list: string, from: string) => {
      for (const [own, as] of namesIn(list)) exported[as] = `modules["${from}"].${own}`;
      return "";
    })
    .replaceAll(LIST, (_, list: string) => {
      for (const [own, as] of namesIn(list)) exported[as] = own;
      return "";
    })
    .replaceAll(DECLARED, (_, kind: string, one: string) => {
      exported[one] = one;
      return `${kind} ${one}`;
    });
  const left = LEFT.exec(body);
  if (left) throw new Error(`Cannot join ${name}: "${left[0]}" is not known`);
  return { body, exported };
}

/** Names, each with the one by which it is known outside. */
function namesIn(list: string): [string, string][] {
  const names = list.split(",").map((one) => one.trim()).filter((one) => one !== "");
  return names.map((one) => {
    const [own, as = own] = one.split(/\s+as\s+/);
    return [own!, as!];
  });
}
