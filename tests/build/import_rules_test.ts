/**
 * @module
 * Who may import whom: the rules are the table in `docs/architecture.md`, and what they are held against are the
 * imports that are there.
 */
import assert from "node:assert/strict";
import { codeOf, filesBelow, type Import, importsOf, programFiles } from "../helpers/import_graph.ts";

const ROOT = new URL("../../", import.meta.url);

interface Rule {
  /** A folder, with a slash at its end, or a file. */
  where: string;
  /** The same, or `folder/*.ts` for the files in it that are in no folder of it. */
  allowed: string[];
}

/** The table's rows: `| where | what | imports only |`, with each path in backticks, below `src/` unless it is not. */
function rules(): Rule[] {
  const page = Deno.readTextFileSync(new URL("docs/architecture.md", ROOT));
  const [, table] = /\| where +\| what +\| imports only +\|\n\|[- |]+\|\n((?:\|.*\|\n)+)/.exec(page) ?? [];
  assert.ok(table, "docs/architecture.md has the table");
  return table.trimEnd().split("\n").map((row) => {
    const [, where, , imports] = row.split("|");
    return { where: paths(where!)[0]!, allowed: paths(imports!) };
  });
}

function paths(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => isOutside(path!) ? path! : `src/${path}`);
}

const isOutside = (path: string) => path === "main.ts" || path.startsWith("web/");

function covers(pattern: string, path: string): boolean {
  if (pattern.endsWith("/*.ts")) return path.slice(0, path.lastIndexOf("/")) === pattern.slice(0, -5);
  return pattern.endsWith("/") ? path.startsWith(pattern) : path === pattern;
}

/** The rule of a file: of all whose folder it is in, the one that says most exactly where. */
function ruleOf(path: string, all: readonly Rule[]): Rule | undefined {
  return all.filter(({ where }) => covers(where, path)).sort((a, b) => b.where.length - a.where.length)[0];
}

const files = programFiles();
const imports = files.flatMap(importsOf);
const own = imports.filter(({ to }) => !isForeign(to));

function isForeign(name: string): boolean {
  return /^[a-z]+:/.test(name);
}

Deno.test("every file is in the table, and every row and path of it is there", () => {
  const all = rules();
  for (const file of files) assert.ok(ruleOf(file, all), file);
  const there = [...files, ...filesBelow("web/")];
  for (const path of all.flatMap(({ where, allowed }) => [where, ...allowed])) {
    assert.ok(there.some((file) => covers(path, file)), path);
  }
});

Deno.test("every file imports what its folder may import, and nothing else", () => {
  const all = rules();
  const wrong = own.filter(({ from, to }) => {
    const rule = ruleOf(from, all)!;
    return ruleOf(to, all) !== rule && !rule.allowed.some((pattern) => covers(pattern, to));
  });
  assert.deepEqual(wrong.map(({ from, to }) => `${from} imports ${to}`), []);
});

Deno.test("every permission in the table is used", () => {
  const all = rules();
  const unused = all.flatMap((rule) =>
    rule.allowed
      .filter((pattern) => !own.some(({ from, to }) => ruleOf(from, all) === rule && covers(pattern, to)))
      .map((pattern) => `${rule.where} does not import ${pattern}`)
  );
  assert.deepEqual(unused, []);
});

Deno.test("every import leads to a file, and every file is reached from main.ts", () => {
  const there = new Set([...files, ...filesBelow("web/")]);
  assert.deepEqual(own.filter(({ to }) => !there.has(to)), []);
  const reached = new Set(["main.ts"]);
  for (const file of reached) {
    for (const { from, to } of own) if (from === file) reached.add(to);
  }
  assert.deepEqual(files.filter((file) => !reached.has(file)), []);
});

Deno.test("no file imports itself, over others, unless on demand", () => {
  assert.deepEqual(cycles(own.filter(({ late }) => !late)), []);
});

/** Every import that closes a circle. */
function cycles(edges: readonly Import[]): string[] {
  const bySource = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) return void found.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (done.has(file)) return;
    for (const { to } of bySource.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of bySource.keys()) visit(file, []);
  return found;
}

Deno.test("a package is imported in one file, and the database engine in its own folder", () => {
  const foreign = imports.filter(({ to }) => isForeign(to));
  const byPackage = Map.groupBy(foreign, ({ to }) => /^npm:@?[^@]+|^.*/.exec(to)![0]);
  for (const [name, users] of byPackage) {
    const places = new Set(users.map(({ from }) => from));
    if (name === "node:sqlite") {
      assert.deepEqual([...places].filter((from) => !from.startsWith("src/store/sqlite/")), []);
    } else assert.equal(places.size, 1, `${name} is imported in ${[...places].join(" and ")}`);
  }
});

/** What only some files may say in their code. */
const RESERVED: readonly { rule: string; code: RegExp; where: RegExp }[] = [
  {
    rule: "only the clock reads the time",
    code: /\bDate\.now\(|\bperformance\.now\(|new Date\(\)/,
    where: /^src\/system\/clock\.ts$/,
  },
  {
    rule: "only the store contains SQL",
    code: /["`]\s*(?:SELECT|INSERT|UPDATE|DELETE FROM|CREATE|PRAGMA)\s/,
    where: /^src\/store\//,
  },
  {
    rule: "SQL for SQLite numbers no parameter: Deno 2.4 binds those by their names alone",
    code: /[?$][1-9]/,
    where: /^(?!src\/store\/sqlite\/)/,
  },
  {
    rule: "only worker/process starts and signals processes",
    code: /\bDeno\.(?:Command|kill)\b/,
    where: /^src\/worker\/process\//,
  },
  { rule: "only main.ts ends this process", code: /\bDeno\.exit/, where: /^main\.ts$/ },
  {
    rule: "the domain knows nothing of the runtime but the name of the system",
    code: /\bDeno\.(?!build\.os\b)/,
    where: /^(?!src\/domain\/)/,
  },
];

for (const { rule, code, where } of RESERVED) {
  Deno.test(rule, () => {
    assert.deepEqual(files.filter((file) => !where.test(file) && code.test(codeOf(file))), []);
    assert.ok(
      files.some((file) => where.test(file) && code.test(codeOf(file))),
      "what is looked for is there",
    );
  });
}
